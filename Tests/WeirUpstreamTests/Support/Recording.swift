import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

/// One part of an answer as a device learns it.
struct ToldPart: Equatable {
  var kind = PartKind.text
  var id = ""
  var name = ""
  var text = ""
  var signature = ""

  static func text(_ text: String) -> ToldPart { ToldPart(text: text) }

  static func reasoning(_ text: String, signature: String = "") -> ToldPart {
    ToldPart(kind: .reasoning, text: text, signature: signature)
  }

  static func tool(_ id: String, _ name: String, _ arguments: String) -> ToldPart {
    ToldPart(kind: .toolCall, id: id, name: name, text: arguments)
  }
}

extension ToldPart {
  /// The parts of a text with marks; plain text that nothing was said in is none.
  static func parts(_ text: [UInt8], _ marks: [AnswerOutput.Mark]) -> [ToldPart] {
    var parts = [ToldPart()]
    var told = 0
    func tell(_ end: Int) {
      parts[parts.count - 1].text += String(decoding: text[told..<end], as: UTF8.self)
      told = end
    }
    for mark in marks {
      tell(mark.offset)
      switch mark.kind {
      case .part(let part): parts.append(ToldPart(kind: part.kind, id: part.toolCallID, name: part.toolName))
      case .signature(let signature): parts[parts.count - 1].signature = signature
      default: Issue.record("\(mark.kind) is no mark")
      }
    }
    tell(text.count)
    return parts.filter { $0.kind != .text || !$0.text.isEmpty }
  }
}

extension AnswerOutput {
  var parts: [ToldPart] { ToldPart.parts(text, marks) }
}

/// A provider's answer, event by event, and what it comes to.
struct Recording: Sendable {
  /// A way to write the same events.
  struct Form: Sendable {
    let name: String
    let write: @Sendable ([String]) -> String
  }

  static let forms = [
    Form(name: "plain") { $0.map { "data: \($0)\n\n" }.joined() },
    Form(name: "with event names and ids") { events in
      events.enumerated().map { "event: e\($0)\nid: \($0)\ndata: \($1)\n\n" }.joined()
    },
    Form(name: "CRLF") { $0.map { "event: x\r\ndata: \($0)\r\n\r\n" }.joined() },
    Form(name: "CR") { $0.map { "data: \($0)\r\r" }.joined() },
    Form(name: "byte order mark, comments, no space") { events in
      "\u{FEFF}: hello\n\n" + events.map { ": ping\ndata:\($0)\n\n:\n\n" }.joined()
    },
    Form(name: "data of several lines") { events in
      events.map { "data: " + $0.replacing("{\"", with: "{\ndata: \"", maxReplacements: 1) + "\n\n" }.joined()
    },
    Form(name: "the last blank line is missing") { events in
      String(events.map { "data: \($0)\n\n" }.joined().dropLast(2))
    },
  ]

  let dialect: Dialect
  let events: [String]
  /// Events that say nothing, for in between.
  var noise: [String] = []

  /// What a call makes of the pieces.
  func run(
    _ pieces: [[UInt8]], hidesReasoning: Bool = false, repeated: String = "",
    _ change: (inout EndpointConfiguration) -> Void = { _ in }
  ) -> (output: AnswerOutput, action: CallAction) {
    var endpoint = EndpointConfiguration(name: "m", kind: .openAI(baseURL: "http://h", key: nil))
    change(&endpoint)
    var call = ChatCall(
      endpoint: endpoint, dialect: dialect, key: UpstreamKey("sk-secret"), hidesReasoning: hidesReasoning,
      repeated: Array(repeated.utf8), now: .zero)
    var output = AnswerOutput()
    var action = CallAction.none
    for piece in pieces where action == .none {
      action = call.received(piece.span, head: ResponseHead(status: 200), now: .zero, output: &output)
      #expect(String(validating: output.text, as: UTF8.self) != nil, "half a character")
    }
    if action == .none {
      action = call.transferEnded(.complete, head: ResponseHead(status: 200), now: .zero, output: &output)
    }
    return (output, action)
  }

  func run(
    _ stream: String, hidesReasoning: Bool = false, repeated: String = "",
    _ change: (inout EndpointConfiguration) -> Void = { _ in }
  ) -> (output: AnswerOutput, action: CallAction) {
    run([Array(stream.utf8)], hidesReasoning: hidesReasoning, repeated: repeated, change)
  }

  func run(hidesReasoning: Bool = false) -> (output: AnswerOutput, action: CallAction) {
    run(Self.forms[0].write(events), hidesReasoning: hidesReasoning)
  }

  /// Expects the same parts and end in every form, cut at every place, and with noise in between.
  func expect(
    _ parts: [ToldPart], _ reason: FinishReason, _ usage: Usage?, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    func check(_ pieces: [[UInt8]], _ form: String, _ cut: Int) {
      let (output, action) = run(pieces)
      guard output.parts == parts, case .finish(reason, usage, _) = action else {
        Issue.record("\(form), cut at \(cut): \(output.parts), \(action)", sourceLocation: sourceLocation)
        return
      }
    }
    for form in Self.forms {
      let bytes = Array(form.write(events).utf8)
      check(bytes.map { [$0] }, form.name, -1)
      // Every place of the plain form, and a comb through the others.
      for cut in stride(from: 0, through: bytes.count, by: form.name == "plain" ? 1 : 11) {
        check([Array(bytes[..<cut]), Array(bytes[cut...])], form.name, cut)
      }
    }
    for event in noise {
      let noisy = Self.forms[0].write(events.flatMap { [event, $0] })
      check([Array(noisy.utf8)], "with \(event)", 0)
    }
  }
}
