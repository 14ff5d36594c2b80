import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

@Suite("Driver, dialects and limits", .timeLimit(.minutes(1)))
struct DriverDialectTests {
  struct Spoken: Sendable, CustomTestStringConvertible {
    let name: String
    let kind: @Sendable (MockProvider) -> EndpointConfiguration.Kind
    let line: String
    let key: (name: String, value: String)
    let stream: String
    let parts: [ToldPart]
    let end: UpstreamEvent.Kind
    var testDescription: String { name }
  }

  static let spoken = [
    Spoken(
      name: "chat completions", kind: { .openAI(baseURL: $0.url, key: UpstreamKey("sk-9")) },
      line: "POST /v1/chat/completions HTTP/1.1", key: ("authorization", "Bearer sk-9"),
      stream: Recording.forms[0].write(ChatPartsTests.tools.events),
      parts: [.tool("call_1", "a", #"{"x": [1]}"#), .tool("call_2", "b", #"{"y":2}"#)],
      end: .finished(reason: .toolCalls, usage: ChatPartsTests.usage)),
    Spoken(
      name: "Messages", kind: { .anthropic(baseURL: $0.url, key: UpstreamKey("sk-9")) },
      line: "POST /v1/messages HTTP/1.1", key: ("x-api-key", "sk-9"),
      stream: Recording.forms[1].write(MessagesTests.thought.events),
      parts: [
        .reasoning("Let me see… 🤔", signature: "thinking:EqQB/=="), .reasoning("", signature: "redacted:EmwK"),
        .text("Hello! \"水\" More"),
      ], end: .finished(reason: .complete, usage: MessagesTests.usage)),
    Spoken(
      name: "Responses", kind: { .responses(baseURL: $0.url, key: UpstreamKey("sk-9")) },
      line: "POST /v1/responses HTTP/1.1", key: ("authorization", "Bearer sk-9"),
      stream: Recording.forms[2].write(ResponsesTests.reasoned.events),
      parts: [.reasoning("First.\n\nThen 水.", signature: "encrypted:rs_1:gAAA"), .text("Hi 😀!")],
      end: .finished(reason: .complete, usage: ResponsesTests.usage)),
  ]

  @Test("each dialect's parts reach the shard in order, however they are cut on the way", arguments: spoken)
  func dialects(_ spoken: Spoken) async throws {
    let provider = try MockProvider { socket, request in
      socket.chunkedHead()
      // Each connection cuts the stream at other places.
      var rest = spoken.stream.utf8[...]
      while !rest.isEmpty {
        let piece = Array(rest.prefix(30 + request.connection))
        socket.send(bytes: Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8))
        rest = rest.dropFirst(piece.count)
      }
      socket.lastChunk()
      return false
    }
    let rig = try Rig(provider) { $0.kind = spoken.kind(provider) }
    for call in CallID(1)...10 { rig.ask(call) }
    await rig.end(of: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    for call in CallID(1)...10 {
      let transcript = rig.inbox[call]
      #expect(transcript.parts == spoken.parts)
      #expect(transcript.end == spoken.end)
    }
    let request = try #require(provider.requests.first)
    #expect(request.line == spoken.line)
    #expect(request.headers[spoken.key.name] == spoken.key.value)
  }

  @Test(
    "the provider's limits are read from its headers",
    arguments: [
      (["Retry-After: 7", "retry-after-ms: 6500"], UInt32(6500)),
      (["X-RateLimit-Remaining-Tokens: 0", "x-ratelimit-reset-tokens: 1.5s", "x-ratelimit-reset-requests: 9s"], 1500),
      (["Retry-After: Wed, 21 Oct 2015 07:28:00 GMT"], 0),
      (["X-Padding: \(String(repeating: "r", count: 4000))", "retry-after: 3"], 3000),
    ] as [([String], UInt32)])
  func limits(_ headers: [String], _ expected: UInt32) async throws {
    let provider = try MockProvider { socket, _ in
      socket.head("100 Continue", ["Retry-After: 99"])
      socket.respond("429 Too Many Requests", headers, body: #"{"error":{"message":"slow"}}"#)
      return true
    }
    let rig = try Rig(provider)
    rig.ask(1)
    #expect(await rig.end(of: 1).error?.retryAfterMs == expected)
  }

  @Test("tools that are no JSON fail the call before it is sent")
  func unusable() async throws {
    let provider = try MockProvider { _, _ in false }
    let rig = try Rig(provider)
    var request = UpstreamRequest(callID: 1, shard: 0, user: "u", model: "", messages: [.user("a")])
    request.parameters.toolsJSON = "[],\"model\":\"other\""
    rig.driver.submit(request)
    #expect(await rig.end(of: 1).error?.code == .invalidArgument)
    rig.driver.shutdown()
    #expect(provider.requests.isEmpty)
    #expect(rig.driver.metrics.endpoints[0].snapshot.inFlight == 0)
  }

  @Test("the demo model's parts reach the shard")
  func demo() async throws {
    var demo = DemoConfiguration()
    demo.firstTokenDelay = .zero
    demo.tokensPerSecond = 0
    let rig = try Rig(EndpointConfiguration(name: "demo", kind: .demo(demo)))
    rig.ask(5, "hi [[reasoning=4 tool=look_up]]")
    let transcript = await rig.end(of: 5)
    #expect(transcript.parts.map(\.kind) == [.reasoning, .toolCall])
    #expect(transcript.parts.last == .tool("demo_5", "look_up", #"{"question":"hi"}"#))
  }
}

extension Transcript {
  fileprivate var parts: [ToldPart] { ToldPart.parts(text, marks) }
}
