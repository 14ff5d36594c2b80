import Testing
import WeirWire

extension SystemTests {
  /// A provider over real HTTP, in good and bad moods.
  @Suite struct Provider {
    @Test("every legal way to stream an answer brings the same text")
    func streams() async throws {
      let text = "Grüße, 水 👩🏽‍💻 \"quoted\" \\ end"
      let events = text.map { MockProvider.event(String($0)) }.joined() + MockProvider.finish
      let stream = MockProvider.streamHead + events
      let whole = stream + MockProvider.usage + MockProvider.done
      let lines = "\r\n"
      let crlf =
        MockProvider.streamHead + String(whole.dropFirst(MockProvider.streamHead.count)).replacing("\n", with: lines)
      let noise =
        MockProvider.streamHead + ": keep-alive\n\n"
        + #"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"# + "\n\n: comment\n\n" + events
        + "event: ping\n\n" + MockProvider.usage + MockProvider.done
      let spaced =
        MockProvider.streamHead
        + #"data:  { "choices" : [ { "extra":[1,{"a":null}], "delta" : { "content" : "Gr\u00fc\u00dfe, \u6c34 \ud83d\udc69\ud83c\udffd\u200d\ud83d\udcbb \"quoted\" \\ end" } , "index" : 0 } ] }"#
        + "\n\n" + MockProvider.finish + MockProvider.done
      let scripts: [(String, [MockProvider.Step])] = [
        ("in one piece", [.text(whole), .close]),
        ("CRLF", [.text(crlf), .close]),
        ("cut at every seventh byte, inside characters too", Self.cut(whole, every: 7) + [.close]),
        ("comments, keep-alives, a role-only chunk", [.text(noise), .close]),
        ("other spacing, key order and escapes", [.text(spaced), .close]),
        ("no [DONE]", [.text(stream + MockProvider.usage), .close]),
        ("no usage", [.text(stream + MockProvider.done), .close]),
        ("chunked", Self.chunked(String(whole.dropFirst(MockProvider.streamHead.count)))),
      ]
      for (name, script) in scripts {
        let answer = try await Self.converse(script)
        #expect(answer.text == text, "\(name)")
        #expect(answer.finished?.reason == .complete, "\(name)")
        #expect(answer.faults.isEmpty, "\(name)")
        let usage = answer.finished?.usage
        if name == "in one piece" { #expect(usage == Usage(inputTokens: 11, outputTokens: 3)) }
        if name == "no usage" { #expect(usage?.estimated == true) }
      }
    }

    @Test("text is with the device before the answer has ended")
    func streamsAtOnce() async throws {
      let provider = try await MockProvider.start([
        .text(MockProvider.streamHead + MockProvider.event("first ")), .wait,
        .text(MockProvider.event("second") + MockProvider.finish + MockProvider.done), .close,
      ])
      defer { provider.stop() }
      try await withServer(provider.arguments) { server in
        let device = try await Device.connect(server, user: "ann")
        let ack = try await device.say("go")
        #expect(try await device.text(of: ack.turnID, atLeast: 6).text == "first ")
        provider.goOn()
        #expect(try await device.answer(to: ack.turnID).text == "first second")
      }
    }

    @Test("stop ends the transfer to the provider")
    func stop() async throws {
      let provider = try await MockProvider.start([.text(MockProvider.streamHead + MockProvider.event("first")), .wait])
      defer { provider.stop() }
      try await withServer(provider.arguments) { server in
        let device = try await Device.connect(server, user: "ann")
        let ack = try await device.say("go")
        _ = try await device.text(of: ack.turnID, atLeast: 5)
        device.send(.stopTurn(StopTurn(turnID: ack.turnID)))
        #expect(try await device.answer(to: ack.turnID).finished?.reason == .stopped)
        try await provider.transferAborted()
      }
    }

    @Test("the request carries model, system prompt, history and the wish for usage, and the key in its header")
    func request() async throws {
      let provider = try await MockProvider.start([
        .text(MockProvider.streamHead + MockProvider.event("aha") + MockProvider.finish + MockProvider.done), .close,
      ])
      defer { provider.stop() }
      let key = ["OPENAI_API_KEY": "sk-test-4711"]
      try await withServer(provider.arguments + ["--set", "upstream.systemPrompt=Be brief."], environment: key) {
        server in
        let device = try await Device.connect(server, user: "ann")
        _ = try await device.converse("one", in: "talk")
        _ = try await device.converse("two \"2\"", in: "talk")
        let requests = provider.requests
        try #require(requests.count == 2)
        #expect(requests[1].hasPrefix("POST /v1/chat/completions HTTP/1.1\r\n"))
        #expect(requests[1].contains("Authorization: Bearer sk-test-4711\r\n"))
        #expect(requests[1].lowercased().contains("content-type: application/json"))
        // What a JSON parser makes of it is checked with Python, in OtherServerTests.
        for piece in [#""Be brief.""#, #""one""#, #""aha""#, #""two \"2\"""#, #""mock""#] {
          #expect(requests[1].contains(piece), "\(requests[1])")
        }
        #expect(!server.child.state.value.err.contains("sk-test-4711"))
        #expect(!server.child.state.value.out.contains("sk-test-4711"))
      }
    }

    @Test("a failing provider is an answer: code, sentence, and what had come is kept")
    func failures() async throws {
      let begun = MockProvider.streamHead + MockProvider.event("partial ")
      let midStream = #"data: {"error":{"message":"The engine is on fire","type":"server_error"}}"# + "\n\n"
      let cases: [(String, [MockProvider.Step], ErrorCode, String, partial: String)] = [
        (
          "429",
          MockProvider.reply(
            "429 Too Many Requests", type: "application/json", headers: ["Retry-After: 7"],
            #"{"error":{"message":"Slow down","type":"rate_limit_exceeded"}}"#), .upstreamOverloaded, "Slow down", ""
        ),
        (
          "502 HTML",
          MockProvider.reply(
            "502 Bad Gateway", type: "text/html", "<html><head><title>502 Bad Gateway</title></head></html>"),
          .upstreamFailed, "502", ""
        ),
        (
          "401", MockProvider.reply("401 Unauthorized", type: "application/json", #"{"error":{"message":"Bad key"}}"#),
          .upstreamRejected, "key", ""
        ),
        (
          "200 HTML", MockProvider.reply("200 OK", type: "text/html", "<p>Hello</p>"), .upstreamRejected, "web page", ""
        ),
        (
          "error in mid-stream", [.text(begun + midStream), .close], .upstreamFailed, "The engine is on fire",
          "partial "
        ),
        ("broken off", [.text(begun), .close], .upstreamFailed, "broke off", "partial "),
        ("nothing at all", [.close], .upstreamFailed, "Try again", ""),
      ]
      for (name, script, code, words, partial) in cases {
        let (answer, stored) = try await Self.converseAndRead(script)
        let failed = try #require(answer.failed, "\(name)")
        #expect(failed.error?.code == code, "\(name)")
        #expect(failed.error?.message.contains(words) == true, "\(name): \(failed.error?.message ?? "")")
        #expect(answer.text == partial, "\(name)")
        #expect(failed.partialKept == !partial.isEmpty, "\(name)")
        #expect(stored?.text == partial, "\(name)")
        #expect(stored?.status == .interrupted, "\(name)")
        if name == "429" { #expect(failed.error?.retryAfterMs == 7000) }
      }
    }

    @Test("a provider that says nothing, and one that falls silent, end by their time limits")
    func timeouts() async throws {
      let limits = ["--set", "upstream.firstTokenTimeout=300ms", "--set", "upstream.stallTimeout=300ms"]
      let silent = try await Self.converse([.text(MockProvider.streamHead), .wait], limits)
      #expect(silent.failed?.error?.code == .upstreamTimeout)
      #expect(silent.failed?.error?.retryable == true)
      let stalled = try await Self.converse(
        [.text(MockProvider.streamHead + MockProvider.event("partial")), .wait], limits)
      #expect(stalled.failed?.error?.code == .upstreamTimeout)
      #expect(stalled.text == "partial")
    }

    private static func converse(_ script: [MockProvider.Step], _ arguments: [String] = []) async throws -> Answer {
      try await converseAndRead(script, arguments).0
    }

    private static func converseAndRead(
      _ script: [MockProvider.Step], _ arguments: [String] = []
    ) async throws -> (Answer, Message?) {
      let provider = try await MockProvider.start(script)
      defer { provider.stop() }
      return try await withServer(provider.arguments + arguments) { server in
        let device = try await Device.connect(server, user: "ann")
        let answer = try await device.converse("go", in: "talk")
        return (answer, try await device.history(of: "talk").last { $0.role == .assistant })
      }
    }

    private static func cut(_ text: String, every count: Int) -> [MockProvider.Step] {
      let bytes = Array(text.utf8)
      return stride(from: 0, to: bytes.count, by: count).map { .bytes(Array(bytes[$0..<min($0 + count, bytes.count)])) }
    }

    /// As HTTP/1.1 servers do that keep the connection: in chunks, whose borders fall where they fall.
    private static func chunked(_ body: String) -> [MockProvider.Step] {
      let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
      let pieces = cut(body, every: 101).map { step -> MockProvider.Step in
        guard case .bytes(let bytes) = step else { return step }
        return .bytes(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8))
      }
      return [.text(head)] + pieces + [.text("0\r\n\r\n")]
    }
  }
}
