import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

@Suite("Anthropic's Messages, answers")
struct MessagesTests {
  static let noise = [
    #"{"type":"ping"}"#, #"{"type":"content_block_party","index":7,"delta":{"type":"confetti"}}"#, #"{"a":[1,{}]}"#,
    #"{"type":"content_block_delta","index":99,"delta":{"type":"input_json_delta","partial_json":"{"}}"#,
    #"{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"cited_text":"x"}}}"#,
  ]

  static let start =
    #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"c","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":10,"cache_read_input_tokens":100,"output_tokens":1}}}"#

  static func start(_ index: Int, _ block: String) -> String {
    #"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#
  }

  static func delta(_ index: Int, _ delta: String) -> String {
    #"{"type":"content_block_delta","index":\#(index),"delta":\#(delta)}"#
  }

  static func text(_ index: Int, _ text: String) -> String {
    delta(index, #"{"type":"text_delta","text":"\#(text)"}"#)
  }

  static func stop(_ index: Int) -> String { #"{"type":"content_block_stop","index":\#(index)}"# }

  static func end(_ reason: String) -> [String] {
    [
      #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)","stop_sequence":null},"usage":{"output_tokens":15}}"#,
      #"{"type":"message_stop"}"#,
    ]
  }

  static let thought = Recording(
    dialect: .messages,
    events: [
      start, #"{"type":"ping"}"#, start(0, #"{"type":"thinking","thinking":"","signature":""}"#),
      delta(0, #"{"type":"thinking_delta","thinking":"Let me s"}"#),
      delta(0, #"{"type":"thinking_delta","thinking":"ee… \ud83e"}"#),
      delta(0, #"{"type":"thinking_delta","thinking":"\udd14"}"#),
      delta(0, #"{"type":"signature_delta","signature":"EqQB/=="}"#), stop(0),
      start(1, #"{"type":"redacted_thinking","data":"EmwK"}"#), stop(1), start(2, #"{"type":"text","text":""}"#),
      text(2, "Hello"), text(2, #"! \"水\""#), stop(2), start(3, #"{"type":"text","text":" More"}"#), stop(3),
    ] + end("end_turn"), noise: noise)

  static let tools = Recording(
    dialect: .messages,
    events: [
      start, start(0, #"{"type":"text","text":""}"#), text(0, "Looking."), stop(0),
      start(1, #"{"type":"tool_use","id":"toolu_1","name":"get_weather","input":{}}"#),
      delta(1, #"{"type":"input_json_delta","partial_json":""}"#),
      delta(1, #"{"type":"input_json_delta","partial_json":"{\"location\": \"San"}"#),
      delta(1, #"{"type":"input_json_delta","partial_json":" Fra}ncisco\"}"}"#), stop(1),
      start(2, #"{"type":"tool_use","id":"toolu_2","name":"now","input":{}}"#), stop(2),
    ] + end("tool_use"), noise: noise)

  static let usage = Usage(inputTokens: 135, outputTokens: 15, cachedInputTokens: 100)

  @Test("thinking, redacted thinking and text are parts, with their proofs, wherever the stream is cut")
  func thinking() {
    Self.thought.expect(
      [
        .reasoning("Let me see… 🤔", signature: "thinking:EqQB/=="), .reasoning("", signature: "redacted:EmwK"),
        .text("Hello! \"水\" More"),
      ], .complete, Self.usage)
  }

  @Test("calls of tools are parts, wherever the stream is cut")
  func toolCalls() {
    Self.tools.expect(
      [
        .text("Looking."), .tool("toolu_1", "get_weather", #"{"location": "San Fra}ncisco"}"#),
        .tool("toolu_2", "now", ""),
      ], .toolCalls, Self.usage)
  }

  @Test("hidden reasoning leaves no trace but progress")
  func hidden() {
    let (output, action) = Self.thought.run(hidesReasoning: true)
    #expect(output.parts == [.text("Hello! \"水\" More")])
    #expect(output.marks.isEmpty)
    #expect(action == .finish(.complete, Self.usage, .drain))
  }

  @Test(
    "the reason of the end is the provider's",
    arguments: [
      ("end_turn", FinishReason.complete), ("stop_sequence", .complete), ("max_tokens", .length),
      ("model_context_window_exceeded", .length), ("refusal", .contentFilter), ("tool_use", .toolCalls),
      ("a_later_reason", .complete),
    ])
  func reasons(_ reason: String, _ expected: FinishReason) {
    let recording = Recording(dialect: .messages, events: [Self.start, Self.text(0, "a")] + Self.end(reason))
    #expect(recording.run().action == .finish(expected, Self.usage, .drain))
    let cut = Recording(dialect: .messages, events: recording.events.dropLast())
    #expect(cut.run().action == .finish(expected, Self.usage, .over), "the very last event may be lost")
  }

  @Test("figures are those told last, and what was not told again stays")
  func figures() {
    let events = [
      Self.start, Self.text(0, "a"),
      #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":30,"cache_read_input_tokens":null,"output_tokens":9}}"#,
      #"{"type":"message_delta","delta":{},"usage":{"output_tokens":11}}"#,
    ]
    let expected = Usage(inputTokens: 140, outputTokens: 11, cachedInputTokens: 100)
    #expect(Recording(dialect: .messages, events: events).run().action == .finish(.complete, expected, .over))
  }

  @Test("members may come in any order")
  func order() {
    let events = [
      #"{"content_block":{"name":"t","input":{},"id":"1","type":"tool_use"},"index":0,"type":"content_block_start"}"#,
      #"{"delta":{"partial_json":"{}","type":"input_json_delta"},"type":"content_block_delta","index":0}"#,
      #"{"usage":{"output_tokens":1},"delta":{"stop_reason":"tool_use"},"type":"message_delta"}"#,
    ]
    let (output, _) = Recording(dialect: .messages, events: events).run()
    #expect(output.parts == [.tool("1", "t", "{}")])
  }

  @Test(
    "an error in the stream ends the call, keeps the text, and says whether trying again helps",
    arguments: [
      ("overloaded_error", ErrorCode.upstreamOverloaded, FailureClass.overloaded(retryAfterMs: 0)),
      ("rate_limit_error", .upstreamOverloaded, .overloaded(retryAfterMs: 0)),
      ("api_error", .upstreamFailed, .retryable), ("timeout_error", .upstreamTimeout, .retryable),
      ("authentication_error", .upstreamRejected, .rejected(keyIsBad: true)),
      ("permission_error", .upstreamRejected, .rejected(keyIsBad: true)),
      ("billing_error", .upstreamRejected, .rejected(keyIsBad: true)),
      ("not_found_error", .upstreamRejected, .rejected(keyIsBad: false)),
      ("request_too_large", .upstreamRejected, .final), ("invalid_request_error", .upstreamRejected, .final),
    ])
  func errors(_ type: String, _ code: ErrorCode, _ kind: FailureClass) throws {
    let error = #"{"type":"error","error":{"type":"\#(type)","message":"Over sk-secret"},"request_id":"req_1"}"#
    let recording = Recording(dialect: .messages, events: [Self.start, Self.text(0, "Hi"), error])
    let (output, action) = recording.run()
    #expect(output.parts == [.text("Hi")])
    guard case .fail(let failure, .abort) = action else {
      Issue.record("\(action)")
      return
    }
    #expect(failure.error.code == code && failure.kind == kind)
    #expect(failure.error.message.contains("\"m\""), "it names the endpoint")
    #expect(!failure.error.message.contains("sk-secret"))
    // The same in place of an answer.
    guard case .fail(let whole, _) = recording.run(error).action else {
      Issue.record("\(recording.run(error).action)")
      return
    }
    #expect(whole == failure)
  }

  @Test("a message that comes whole is taken like a streamed one")
  func whole() {
    let message =
      #"{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"s"},"#
      + #"{"type":"text","text":"Hi"},{"type":"tool_use","id":"t1","name":"f","input":{"a":1}}],"stop_reason":"tool_use","#
      + #""usage":{"input_tokens":3,"output_tokens":4}}"#
    let (output, action) = Self.thought.run(message)
    #expect(
      output.parts == [.reasoning("Hm", signature: "thinking:s"), .text("Hi"), .tool("t1", "f", #"{"a":1}"#)])
    #expect(action == .finish(.toolCalls, Usage(inputTokens: 3, outputTokens: 4), .over))
  }

  @Test("a stream that breaks off before its reason of the end is a cut")
  func cut() {
    for count in 8..<Self.thought.events.count - 2 {
      let recording = Recording(dialect: .messages, events: Array(Self.thought.events.prefix(count)))
      #expect(recording.run().action == .fail(CallFailure(endpoint: "m").brokeOff, .over), "after \(count)")
    }
  }

  @Test("white space that a prefilled answer ended with is not told twice")
  func repeated() {
    for (said, rest) in [([" ", " b"], " b"), (["b"], "b"), ([" \\nb"], "\nb"), (["  ", "b"], " b"), ([" "], "")] {
      let events = [Self.start] + said.map { Self.text(0, $0) } + Self.end("end_turn")
      let stream = Recording.forms[0].write(events)
      let (output, _) = Self.thought.run(stream, repeated: " ")
      #expect(String(decoding: output.text, as: UTF8.self) == rest, "\(said)")
    }
  }

  @Test("mutated streams never crash, never give half characters and stay within their limits")
  func fuzz() {
    let stream = Array(Recording.forms[1].write(Self.thought.events + Self.tools.events).utf8)
    fuzzed(stream, Self.thought, seeds: 1...1500)
  }
}

/// Runs mutations of a stream through the recording's dialect.
func fuzzed(_ stream: [UInt8], _ recording: Recording, seeds: ClosedRange<UInt64>) {
  for seed in seeds {
    var random = SeededRandom(seed: seed)
    var bytes = stream
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(Array("\"\\{}[]:,u0dDn\n".utf8).randomElement(using: &random) ?? 0, at: place)
      default: bytes.insert(contentsOf: bytes[place...].prefix(200), at: place)
      }
    }
    var pieces: [[UInt8]] = []
    while !bytes.isEmpty {
      let size = Int.random(in: 1...300, using: &random)
      pieces.append(Array(bytes.prefix(size)))
      bytes.removeFirst(min(size, bytes.count))
    }
    let (output, action) = recording.run(pieces) { $0.maximumAnswerBytes = 60 }
    #expect(action != .none, "seed \(seed)")
    #expect(String(validating: output.text, as: UTF8.self) != nil, "seed \(seed)")
    // A replacement character for a half one at the very end is not counted in advance.
    #expect(output.text.count <= 63, "seed \(seed)")
    #expect(output.marks.allSatisfy { $0.offset <= output.text.count }, "seed \(seed)")
  }
}
