import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

@Suite("Chat completions, parts")
struct ChatPartsTests {
  static func delta(_ delta: String) -> String {
    #"{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":\#(delta),"logprobs":null,"finish_reason":null}]}"#
  }

  static func tool(_ index: Int?, id: String? = nil, name: String? = nil, _ arguments: String) -> String {
    let place = index.map { #""index":\#($0),"# } ?? ""
    let start = id.map { #""id":"\#($0)","type":"function","# } ?? ""
    let named = name.map { #""name":"\#($0)","# } ?? ""
    return delta(#"{"tool_calls":[{\#(place)\#(start)"function":{\#(named)"arguments":"\#(arguments)"}}]}"#)
  }

  static func end(_ reason: String) -> String {
    #"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"\#(reason)"}]}"#
  }

  static let figures =
    #"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":9,"prompt_cache_hit_tokens":3,"completion_tokens_details":{"reasoning_tokens":4}}}"#
  static let usage = Usage(inputTokens: 7, outputTokens: 9, cachedInputTokens: 3, reasoningTokens: 4)

  static let reasoned = Recording(
    dialect: .chatCompletions,
    events: [
      delta(#"{"role":"assistant","content":null,"reasoning_content":""}"#),
      delta(#"{"content":null,"reasoning_content":"Let me \ud83e"}"#),
      delta(#"{"content":null,"reasoning_content":"\udd14"}"#), delta(#"{"content":"It is "}"#),
      delta(#"{"content":"4."}"#), end("stop"), figures, "[DONE]",
    ], noise: [#"{"choices":[]}"#, delta("{}"), #"{"choices":[{"delta":null}]}"#])

  static let tools = Recording(
    dialect: .chatCompletions,
    events: [
      Chunks.role, tool(0, id: "call_1", name: "a", ""), tool(0, #"{\"x\":"#),
      tool(1, id: "call_2", name: "b", #"{\"y\""#),
      tool(0, " [1"), tool(1, ":2"), tool(0, "]}"), tool(1, "}"), end("tool_calls"), figures, "[DONE]",
    ], noise: [delta(#"{"tool_calls":[]}"#), delta(#"{"tool_calls":null}"#)])

  @Test("reasoning is a part before the text, wherever the stream is cut")
  func reasoning() {
    Self.reasoned.expect([.reasoning("Let me 🤔"), .text("It is 4.")], .complete, Self.usage)
    let other = Self.reasoned.events.map { $0.replacing("reasoning_content", with: "reasoning") }
    #expect(Recording(dialect: .chatCompletions, events: other).run().output.parts.first == .reasoning("Let me 🤔"))
    #expect(Self.reasoned.run(hidesReasoning: true).output.parts == [.text("It is 4.")])
    #expect(Self.reasoned.run(hidesReasoning: true).output.marks.isEmpty)
  }

  @Test("calls of tools that are built at the same time are told one after another")
  func toolCalls() {
    Self.tools.expect(
      [.tool("call_1", "a", #"{"x": [1]}"#), .tool("call_2", "b", #"{"y":2}"#)], .toolCalls, Self.usage)
  }

  @Test("a call is told as it grows, and the next one as soon as it is whole")
  func live() {
    var parts = AnswerParts(maximumBytes: 1000)
    var output = AnswerOutput()
    func add(_ place: Int?, _ text: String) {
      let bytes = Array(text.utf8)
      let string = JSONString(range: 0..<bytes.count, hasEscapes: false)
      if let place { parts.addArguments(string, of: place, in: bytes.span, to: &output) }
    }
    let first = parts.tool(key: 0, id: "1", name: "a", to: &output)
    add(first, "{\"k\":")
    #expect(output.parts == [.tool("1", "a", "{\"k\":")])
    let second = parts.tool(key: 1, id: "2", name: "b", to: &output)
    add(second, "{}")
    #expect(output.parts.count == 1, "the first is not whole")
    add(first, "1}")
    #expect(output.parts == [.tool("1", "a", "{\"k\":1}"), .tool("2", "b", "{}")])
    add(first, "more")
    add(second, "more")
    #expect(output.parts.map(\.text) == ["{\"k\":1}", "{}"], "what comes behind the end is dropped")
    #expect(parts.bytes == output.text.count)
  }

  @Test("parts that wait are bounded by number, also those of half a character that have no byte yet")
  func endlessParts() {
    var parts = AnswerParts(maximumBytes: 1 << 20)
    var output = AnswerOutput()
    let bytes = Array(#"{\ud83d"#.utf8)
    let call = parts.tool(key: 0, id: "1", name: "a", to: &output)
    let open = JSONString(range: 0..<1, hasEscapes: false)
    if let call { parts.addArguments(open, of: call, in: bytes.span, to: &output) }
    let half = JSONString(range: 1..<bytes.count, hasEscapes: true)
    var rounds = 0
    while !parts.isFull, rounds < 10_000 {
      parts.addText(half, in: bytes.span, to: &output)
      parts.addReasoning(half, in: bytes.span, to: &output)
      rounds += 1
    }
    #expect(rounds <= AnswerParts.maximumParts / 2 + 1)
    parts.finish(to: &output)
    #expect(output.parts.count <= AnswerParts.maximumParts)
  }

  @Test("text and calls in any order keep their order")
  func mixed() {
    let events = [
      Self.delta(#"{"content":"a"}"#), Self.tool(0, id: "1", name: "f", "{}"), Self.delta(#"{"content":"b"}"#),
      Self.delta(#"{"reasoning":"c"}"#), Self.tool(1, id: "2", name: "g", "{"), Self.delta(#"{"content":"d"}"#),
      Self.delta(#"{"content":"e"}"#), Self.tool(1, "}"), Self.end("stop"),
    ]
    let (output, action) = Recording(dialect: .chatCompletions, events: events).run()
    #expect(
      output.parts == [
        .text("a"), .tool("1", "f", "{}"), .text("b"), .reasoning("c"), .tool("2", "g", "{}"), .text("de"),
      ])
    #expect(action == .finish(.toolCalls, nil, .over), "a server that says \"stop\" behind calls means the calls")
  }

  @Test("servers that number calls in their own ways are understood")
  func oddServers() {
    func told(_ events: [String]) -> [ToldPart] {
      Recording(dialect: .chatCompletions, events: events + [Self.end("tool_calls")]).run().output.parts
    }
    // The same index for all.
    #expect(
      told([Self.tool(0, id: "1", name: "f", "{}"), Self.tool(0, id: "2", name: "g", "{}")])
        == [.tool("1", "f", "{}"), .tool("2", "g", "{}")])
    // No index, and no id either.
    #expect(
      told([Self.tool(nil, id: "1", name: "f", "{"), Self.tool(nil, "}"), Self.tool(nil, id: "2", name: "g", "{}")])
        == [.tool("1", "f", "{}"), .tool("2", "g", "{}")])
    #expect(told([Self.tool(0, name: "f", "{}")]) == [.tool("call_0_0", "f", "{}")])
    // The id and name again with each piece; arguments that are no string; a name that comes late, or never.
    #expect(
      told([Self.tool(0, id: "1", name: "f", "{"), Self.tool(0, id: "1", name: "f", "}")]) == [.tool("1", "f", "{}")])
    let object = Self.delta(#"{"tool_calls":[{"id":"1","function":{"name":"f","arguments":{"a": 1}}}]}"#)
    #expect(told([object]) == [.tool("1", "f", #"{"a": 1}"#)])
    #expect(told([Self.tool(0, id: "1", "{"), Self.tool(0, name: "f", "}")]) == [.tool("1", "f", "{}")])
    #expect(told([Self.tool(0, id: "1", "{}"), Self.delta(#"{"content":"x"}"#)]) == [.text("x")])
  }

  @Test("a refusal is told as text, and ends as one")
  func refusal() {
    let recording = Recording(
      dialect: .chatCompletions, events: [Self.delta(#"{"refusal":"No."}"#), Self.end("stop"), "[DONE]"])
    let (output, action) = recording.run()
    #expect(output.parts == [.text("No.")])
    #expect(action == .finish(.contentFilter, nil, .drain))
  }

  @Test("half a character at the end of a part is replaced there, not in the next part")
  func halves() {
    let events = [
      Self.delta(#"{"reasoning_content":"a\ud83d"}"#), Self.delta(#"{"content":"\ude00b"}"#), Self.end("stop"),
      "[DONE]",
    ]
    let (output, _) = Recording(dialect: .chatCompletions, events: events).run()
    #expect(output.parts == [.reasoning("a\u{FFFD}"), .text("\u{FFFD}b")])
  }
}

// Limits.
extension ChatPartsTests {
  private func run(_ events: [String], limit: Int = 1 << 20) -> (output: AnswerOutput, action: CallAction) {
    Recording(dialect: .chatCompletions, events: []).run(Recording.forms[0].write(events)) {
      $0.maximumAnswerBytes = limit
    }
  }

  @Test("what waits counts against the answer's limit")
  func waitingIsBounded() {
    let events =
      [Self.tool(0, id: "1", name: "f", "{")]
      + (0..<50).map { _ in Self.tool(1, id: "2", name: "g", String(repeating: "x", count: 100)) }
    let (output, action) = run(events, limit: 1000)
    #expect(action == .finish(.length, nil, .abort))
    #expect(output.parts == [.tool("1", "f", "{")])
  }

  @Test("the calls, parts and names of a hostile answer are bounded")
  func hostile() {
    let calls = (0..<200).map { (index: Int) in Self.tool(index, id: "\(index)", name: "f", "{}") }
    let many = run(calls)
    #expect(many.action == .finish(.length, nil, .abort))
    #expect(many.output.parts.count == AnswerParts.maximumToolCalls)

    let inOne = (0..<100_000).map { #"{"index":\#($0)}"# }.joined(separator: ",")
    #expect(run([Self.delta(#"{"tool_calls":[\#(inOne)]}"#)]).action != .none)

    let flicker = (0..<2000).map { Self.delta(#"{"\#($0 % 2 == 0 ? "reasoning" : "content")":"x"}"#) }
    let parts = run(flicker)
    #expect(parts.action == .finish(.length, nil, .abort))
    #expect(parts.output.marks.count == AnswerParts.maximumParts)

    let long = String(repeating: "ä", count: 5000)
    let named = run([Self.tool(0, id: long, name: long, "{}"), Self.end("tool_calls")]).output.parts
    #expect(named == [.tool(String(repeating: "ä", count: 128), String(repeating: "ä", count: 128), "{}")])
  }

  @Test("an answer is cut at a character in any part")
  func cuts() {
    let reasoning = run([Self.delta(#"{"reasoning":"abc€"}"#)], limit: 5)
    #expect(reasoning.output.parts == [.reasoning("abc")])
    #expect(reasoning.action == .finish(.length, nil, .abort))
    let call = run([Self.tool(0, id: "1", name: "f", "{\\\"€€")], limit: 6)
    #expect(call.output.parts == [.tool("1", "f", "{\"€")])
  }

  @Test("mutated streams never crash, never give half characters and stay within their limits")
  func fuzz() {
    let events = Self.reasoned.events.dropLast(3) + Self.tools.events
    fuzzed(Array(Recording.forms[0].write(Array(events)).utf8), Self.tools, seeds: 1...1500)
  }
}
