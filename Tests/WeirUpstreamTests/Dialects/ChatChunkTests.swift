import Testing
import WeirWire

@testable import WeirUpstream

@Suite("Chat chunk")
struct ChatChunkTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let json: String
    var content: String?
    var reason: FinishReason?
    var usage: Usage?
    var isProgress = false
    var complaint: ProviderComplaint?
    var testDescription: String { json }
  }

  static let cases = [
    Case(json: Chunks.delta("Hi"), content: "Hi", isProgress: true),
    Case(json: Chunks.role, content: ""),
    Case(json: Chunks.stop, reason: .complete),
    Case(json: Chunks.usage, usage: Usage(inputTokens: 7, outputTokens: 3, cachedInputTokens: 2)),
    Case(
      json: " {\n\"choices\" :\t[ { \"delta\" : { \"content\" : \"a\\u0062\" } ,\r\n\"index\" : 0 } ] } ",
      content: "ab",
      isProgress: true),
    Case(
      json:
        #"{"usage":null,"choices":[{"finish_reason":"length","delta":{"x":[{"y":[]}],"content":"z"}}],"a":-1.5e+3}"#,
      content: "z", reason: .length, isProgress: true),
    Case(json: #"{"choices":[{"delta":{"content":null},"finish_reason":null}]}"#),
    Case(json: #"{"choices":[{"delta":null}]}"#),
    Case(json: #"{"choices":null}"#),
    Case(json: #"{"choices":[]}"#),
    Case(json: #"{}"#),
    Case(json: #"{"choices":[{"\u0064elta":{"c\u006Fntent":"k"}}]}"#, content: "k", isProgress: true),
    Case(json: #"{"choices":[{"delta":{"content":"a","content":"b"}}]}"#, content: "b", isProgress: true),
    Case(json: #"{"choices":[{"delta":{"content":"a"}}],"choices":[{"delta":{}}]}"#),
    Case(json: #"{"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]}"#, content: "a", isProgress: true),
    Case(json: #"{"choices":[{"delta":{"role":"assistant","refusal":null,"tool_calls":[]}}]}"#),
    Case(json: #"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#, isProgress: true),
    Case(
      json: #"{"choices":[{"message":{"role":"assistant","content":"whole"},"finish_reason":"stop"}]}"#,
      content: "whole", reason: .complete, isProgress: true),
    Case(json: #"{"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#, reason: .contentFilter),
    Case(json: #"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#, reason: .toolCalls),
    Case(json: #"{"choices":[{"delta":{},"finish_reason":"eos"}]}"#, reason: .complete),
    Case(json: #"{"choices":[{"delta":{},"finish_reason":""}]}"#),
    Case(
      json: #"{"usage":{"prompt_tokens":12.0,"completion_tokens":1e2}}"#,
      usage: Usage(inputTokens: 12, outputTokens: 100)),
    Case(
      json: #"{"usage":{"prompt_tokens":-5,"completion_tokens":99999999999999999999999,"prompt_tokens_details":null}}"#,
      usage: Usage(inputTokens: 0, outputTokens: 1 << 53)),
    Case(
      json: #"{"error":{"message":"no \"more\"","type":"server_error","param":null,"code":503}}"#,
      complaint: ProviderComplaint(message: #"no "more""#, type: "server_error", code: "503")),
    Case(json: #"{"error":"bad"}"#, complaint: ProviderComplaint(message: "bad")),
    Case(json: #"{"error":null,"choices":[]}"#),
    Case(
      json: #"{"object":"error","message":"oops","type":"BadRequestError","code":400}"#,
      complaint: ProviderComplaint(message: "oops", type: "BadRequestError", code: "400")),
    Case(json: #"{"detail":"Not Found"}"#, complaint: ProviderComplaint(message: "Not Found")),
    Case(json: #"{"message":"hello","choices":[]}"#),
  ]

  @Test("a chunk says what its JSON says", arguments: cases)
  func scan(_ test: Case) throws {
    let bytes = Array(test.json.utf8)
    let chunk = try ChatChunk.scan(bytes.span)
    #expect(chunk.content?.text(in: bytes.span) == test.content)
    #expect(chunk.finishReason == test.reason)
    #expect(chunk.usage == test.usage)
    #expect(chunk.isProgress == test.isProgress)
    #expect(chunk.complaint == test.complaint)
  }

  @Test(
    "what is no JSON object is refused",
    arguments: [
      "", " ", "x", "[]", "\"a\"", "1", "null", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\":1 \"b\":2}",
      "{\"a\":[1,]}", "{\"a\":[,1]}", "{\"a\":[1}", "{\"a\":01}", "{\"a\":-}", "{\"a\":1.}", "{\"a\":1e}", "{\"a\":+1}",
      "{\"a\":nul}", "{\"a\":truE}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12G4\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"b}",
      "{} {}", "{}x", "{'a':1}", "{\"a\":NaN}",
    ])
  func malformed(_ json: String) {
    #expect(throws: MalformedJSON.self) { try ChatChunk.scan(Array(json.utf8).span) }
  }

  @Test("nesting is bounded")
  func nesting() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array(("{\"a\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}").utf8)
    }
    #expect(try ChatChunk.scan(nested(63).span) == ChatChunk())
    #expect(throws: MalformedJSON.self) { try ChatChunk.scan(nested(64).span) }
    #expect(throws: MalformedJSON.self) { try ChatChunk.scan(nested(500_000).span) }
  }

  @Test("every beginning of a chunk is refused, and none of it is taken")
  func prefixes() {
    for test in Self.cases where test.json.last == "}" {
      let bytes = Array(test.json.utf8)
      for end in 0..<bytes.count {
        #expect(throws: MalformedJSON.self, "\(test.json) cut at \(end)") {
          try ChatChunk.scan(Array(bytes[..<end]).span)
        }
      }
    }
  }

  @Test("mutated chunks are read or refused, and what they give is valid UTF-8")
  func fuzz() {
    let corpus = Self.cases.map { Array($0.json.utf8) }
    for seed in UInt64(1)...20_000 {
      var random = SeededRandom(seed: seed)
      var bytes = corpus.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(Array("\"\\{}[]:,u0dDn".utf8).randomElement(using: &random) ?? 0, at: place)
        default: bytes.append(contentsOf: bytes[place...])
        }
      }
      guard let chunk = try? ChatChunk.scan(bytes.span), let content = chunk.content else { continue }
      var text: [UInt8] = []
      var repair = TextRepair()
      repair.append(content, in: bytes.span, to: &text)
      repair.finish(to: &text)
      #expect(String(validating: text, as: UTF8.self) != nil, "seed \(seed)")
    }
  }
}
