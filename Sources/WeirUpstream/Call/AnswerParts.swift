internal import WeirCore
internal import WeirWire

/// Puts the parts of one answer in order: text, reasoning and the calls of tools. An answer is told as one text with marks
/// where parts begin, so a part that has been left cannot be gone back to. Providers may build several tool calls at a
/// time: one of them is told as it grows, what comes for others meanwhile waits until that one is whole.
///
/// All that is given and all that waits counts against one limit; when it is reached, `isFull` is set and nothing more is
/// taken.
struct AnswerParts: Sendable {
  /// More parts than an answer has; each costs memory beyond its bytes.
  static let maximumParts = 1024
  static let maximumToolCalls = 128
  /// Of a tool's name, and of a call's id.
  static let maximumNameBytes = 256

  private struct Tool {
    var key: Int
    var id: String
    var name: String
    var arguments = JSONBalance()
    var isOver = false
  }

  /// A part that has not been told.
  private struct Waiting {
    var kind: PartKind
    /// Its place in `tools`.
    var tool: Int?
    var bytes: [UInt8] = []
    var repair = TextRepair()
    var signature = ""

    /// Adds a piece; tells how many bytes that were.
    mutating func take(_ string: JSONString, in source: Span<UInt8>) -> Int {
      let before = bytes.count
      repair.append(string, in: source, to: &bytes)
      return bytes.count - before
    }
  }

  private let maximumBytes: Int
  private let hidesReasoning: Bool
  /// For the ids of calls whose provider gives none.
  private let callID: CallID
  /// White space that the answer so far ends with already: not to be told twice.
  private var repeated: [UInt8]

  /// What is being told.
  private var kind = PartKind.text
  private var liveTool: Int?
  private var repair = TextRepair()
  private var isSigned = false
  private var waiting: [Waiting] = []
  private var tools: [Tool] = []
  private var partCount = 0
  private var signatureBytes = 0

  /// Bytes of text given and waiting.
  private(set) var bytes = 0
  /// Whether the limit is reached: the answer ends here.
  private(set) var isFull = false

  init(maximumBytes: Int, hidesReasoning: Bool = false, callID: CallID = 0, repeated: [UInt8] = []) {
    self.maximumBytes = maximumBytes
    self.hidesReasoning = hidesReasoning
    self.callID = callID
    self.repeated = repeated
  }

  /// Whether the model gave anything that a device is told.
  var hasBegun: Bool { bytes > 0 || partCount > 0 || !waiting.isEmpty }
  var hasToolCalls: Bool { !tools.isEmpty }

  /// Adds plain text.
  mutating func addText(_ string: JSONString, in source: Span<UInt8>, to output: inout AnswerOutput) {
    // Nearly all of the traffic: the answer is in plain text and stays there.
    if kind == .text { return write(string, in: source, to: &output) }
    wait(.text, string, in: source, &output)
  }

  /// Adds reasoning.
  mutating func addReasoning(_ string: JSONString, in source: Span<UInt8>, to output: inout AnswerOutput) {
    if hidesReasoning || string.range.isEmpty { return }
    if kind == .reasoning, !isSigned { return write(string, in: source, to: &output) }
    wait(.reasoning, string, in: source, &output)
  }

  /// The reasoning that came last is whole, and this is its proof. There may have been no text of it.
  mutating func sign(_ signature: String, to output: inout AnswerOutput) {
    if hidesReasoning || isFull || signature.isEmpty { return }
    signatureBytes += signature.utf8.count
    if signatureBytes > maximumBytes {
      isFull = true
    } else if kind == .reasoning, !isSigned {
      endCharacter(&output)
      output.mark(.signature(signature))
      isSigned = true
    } else if let last = waiting.indices.last, waiting[last].kind == .reasoning, waiting[last].signature.isEmpty {
      waiting[last].signature = signature
    } else {
      append(Waiting(kind: .reasoning, signature: signature))
      tellNext(&output)
    }
  }

  /// All has come: what waits is told, whole or not.
  mutating func finish(to output: inout AnswerOutput) {
    // A call without a name calls nothing.
    waiting.removeAll { part in part.tool.map { tools[$0].name.isEmpty } ?? false }
    repeat {
      if let liveTool { tools[liveTool].isOver = true }
      tellNext(&output)
    } while !waiting.isEmpty && !isFull
    endCharacter(&output)
  }
}

// Calls of tools.
extension AnswerParts {
  /// A tool call begins or goes on; its place, for `addArguments`. `key` is what the provider tells calls apart by; nil:
  /// it goes by their order. An id that is not the one the key had begins another call, since some servers give all
  /// calls the same key.
  mutating func tool(key: Int?, id: String, name: String, to output: inout AnswerOutput) -> Int? {
    if isFull { return nil }
    let known = key == nil ? tools.indices.last : place(ofKey: key ?? 0)
    if let known, id.isEmpty || tools[known].id.isEmpty || tools[known].id == id {
      if tools[known].name.isEmpty, !name.isEmpty {
        tools[known].name = name
        if tools[known].id.isEmpty { tools[known].id = id }
        tellNext(&output)
      }
      return known
    }
    guard tools.count < Self.maximumToolCalls else {
      isFull = true
      return nil
    }
    tools.append(Tool(key: key ?? tools.count, id: id, name: name))
    append(Waiting(kind: .toolCall, tool: tools.count - 1))
    tellNext(&output)
    return tools.count - 1
  }

  /// The place of the latest call with the key.
  func place(ofKey key: Int) -> Int? { tools.lastIndex { $0.key == key } }

  func hasArguments(_ place: Int) -> Bool { tools[place].arguments.hasBegun }

  /// Adds to a call's arguments. What comes behind their end is dropped.
  mutating func addArguments(
    _ string: JSONString, of place: Int, in source: Span<UInt8>, to output: inout AnswerOutput
  ) {
    if tools[place].isOver || isFull { return }
    if liveTool == place {
      let before = output.text.count
      write(string, in: source, to: &output)
      tools[place].arguments.append(output.text[before...])
    } else if let index = waiting.firstIndex(where: { $0.tool == place }) {
      let added = waiting[index].take(string, in: source)
      tools[place].arguments.append(waiting[index].bytes.suffix(added))
      count(added)
    }
    if tools[place].arguments.isWhole { endTool(place, to: &output) }
  }

  /// The call's arguments are whole.
  mutating func endTool(_ place: Int, to output: inout AnswerOutput) {
    tools[place].isOver = true
    tellNext(&output)
  }
}

// Telling.
extension AnswerParts {
  /// Adds to the part that is being told.
  private mutating func write(_ string: JSONString, in source: Span<UInt8>, to output: inout AnswerOutput) {
    if isFull { return }
    let before = output.text.count
    repair.append(string, in: source, to: &output.text)
    if !repeated.isEmpty, kind == .text { dropRepeated(&output.text, from: before) }
    // What stands in for half a character may have gone beyond the limit.
    let room = max(0, maximumBytes - bytes)
    let added = output.text.count - before
    if added <= room {
      bytes += added
      return
    }
    let end = UTF8Cut.end(in: output.text, from: before, limit: before + room)
    output.text.removeLast(output.text.count - end)
    bytes += end - before
    isFull = true
  }

  private mutating func dropRepeated(_ text: inout [UInt8], from start: Int) {
    var end = start
    while end < text.count, end - start < repeated.count, text[end] == repeated[end - start] { end += 1 }
    if end < text.count { repeated = [] } else { repeated.removeFirst(end - start) }
    text.removeSubrange(start..<end)
  }

  private mutating func count(_ added: Int) {
    bytes += added
    if bytes > maximumBytes { isFull = true }
  }

  /// Adds to a part that comes behind the one being told, which may be able to begin.
  private mutating func wait(
    _ kind: PartKind, _ string: JSONString, in source: Span<UInt8>, _ output: inout AnswerOutput
  ) {
    if isFull || string.range.isEmpty { return }
    if isLiveOver, waiting.isEmpty {
      begin(Waiting(kind: kind), &output)
      return write(string, in: source, to: &output)
    }
    if waiting.last?.kind != kind || waiting.last?.signature.isEmpty == false { append(Waiting(kind: kind)) }
    if isFull { return }
    count(waiting[waiting.count - 1].take(string, in: source))
    tellNext(&output)
  }

  /// Parts that wait are parts of the answer, also those without a byte so far.
  private mutating func append(_ part: Waiting) {
    if partCount + waiting.count < Self.maximumParts { waiting.append(part) } else { isFull = true }
  }

  /// Whether another part may begin.
  private var isLiveOver: Bool { liveTool.map { tools[$0].isOver } ?? true }

  /// Tells parts that wait while the one before them is whole.
  private mutating func tellNext(_ output: inout AnswerOutput) {
    while !isFull, isLiveOver, let next = waiting.first {
      if let tool = next.tool, tools[tool].name.isEmpty { return }
      waiting.removeFirst()
      begin(next, &output)
    }
  }

  private mutating func begin(_ part: Waiting, _ output: inout AnswerOutput) {
    endCharacter(&output)
    partCount += 1
    if partCount > Self.maximumParts {
      isFull = true
      return
    }
    kind = part.kind
    liveTool = part.tool
    repair = part.repair
    isSigned = !part.signature.isEmpty
    output.mark(.part(mark(part)))
    output.text += part.bytes
    if isSigned {
      endCharacter(&output)
      output.mark(.signature(part.signature))
    }
  }

  private func mark(_ part: Waiting) -> PartMark {
    guard let place = part.tool else { return PartMark(kind: part.kind) }
    let id = tools[place].id.isEmpty ? "call_\(callID)_\(place)" : tools[place].id
    return PartMark(kind: part.kind, toolCallID: id, toolName: tools[place].name)
  }

  /// The part being told has ended: half a character at its end is none.
  private mutating func endCharacter(_ output: inout AnswerOutput) {
    let before = output.text.count
    repair.finish(to: &output.text)
    count(output.text.count - before)
  }
}
