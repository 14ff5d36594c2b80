package import WeirWire

extension Message {
  /// All text parts, joined.
  package var text: String {
    if parts.count == 1, case .text(let only)? = parts[0].part { return only }
    var joined = ""
    for case .text(let piece)? in parts.map(\.part) { joined += piece }
    return joined
  }

  /// The size of its content in bytes, as its log has it: text, reasoning and arguments, one after another.
  package var contentBytes: Int { parts.reduce(0) { $0 + $1.contentBytes } }

  /// The calls of tools in it.
  package var toolCalls: [ToolCall] {
    parts.compactMap { if case .toolCall(let call)? = $0.part { call } else { nil } }
  }

  /// Its content as a log has it.
  var logged: (bytes: [UInt8], marks: [PlacedMark]) {
    var log = TokenLog()
    for part in parts {
      switch part.part {
      case .text(let text):
        log.begin(.text)
        log.append(Array(text.utf8).span)
      case .reasoning(let reasoning):
        log.begin(PartMark(kind: .reasoning))
        log.append(Array(reasoning.text.utf8).span)
        log.sign(reasoning.signature)
      case .toolCall(let call):
        log.begin(PartMark(kind: .toolCall, toolCallID: call.id, toolName: call.name))
        log.append(Array(call.arguments.utf8).span)
      case .toolResult, nil: break
      }
    }
    return (log.bytes, log.marks)
  }
}

extension Part {
  var contentBytes: Int {
    switch part {
    case .text(let text): text.utf8.count
    case .reasoning(let reasoning): reasoning.text.utf8.count
    case .toolCall(let call): call.arguments.utf8.count
    case .toolResult(let result): result.text.utf8.count
    case nil: 0
    }
  }

  /// The parts of an answer, from its log. Pieces of one tool call that came in turns with others are joined.
  package static func parts(of bytes: [UInt8], marks: [PlacedMark]) -> [Part] {
    if marks.isEmpty { return bytes.isEmpty ? [] : [.text(String(decoding: bytes, as: UTF8.self))] }
    var parts: [Part] = []
    var places: [String: Int] = [:]
    var start = 0
    var current = PlacedMark(offset: 0, mark: .text)
    for next in marks + [PlacedMark(offset: UInt64(bytes.count), mark: .text)] {
      let end = min(max(Int(clamping: next.offset), start), bytes.count)
      if end > start {
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        add(text, current, to: &parts, &places)
      }
      start = end
      current = next
    }
    return parts
  }

  private static func add(
    _ text: String, _ placed: PlacedMark, to parts: inout [Part], _ places: inout [String: Int]
  ) {
    switch placed.mark.kind {
    case .reasoning:
      parts.append(Part(part: .reasoning(Reasoning(text: text, signature: placed.signature))))
    case .toolCall:
      let id = placed.mark.toolCallID
      if let place = places[id], case .toolCall(var call)? = parts[place].part {
        call.arguments += text
        parts[place] = Part(part: .toolCall(call))
      } else {
        if !id.isEmpty { places[id] = parts.count }
        parts.append(Part(part: .toolCall(ToolCall(id: id, name: placed.mark.toolName, arguments: text))))
      }
    default: parts.append(.text(text))
    }
  }
}
