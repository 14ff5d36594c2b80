import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import weir

@Suite("The fake provider on a socket")
struct FakeServerTests {
  private let group = MultiThreadedEventLoopGroup.singleton

  private func withFake<Result>(
    seed: UInt64 = 1, _ change: (inout FakeSettings) -> Void = { _ in },
    _ body: (FakeProvider.Server) async throws -> Result
  ) async throws -> Result {
    var settings = FakeSettings()
    settings.firstToken = .fixed(0)
    settings.betweenTokens = .fixed(0)
    settings.tokens = 5
    change(&settings)
    let server = try await FakeProvider.listen(settings, seed: seed, on: group.next())
    let result = try await body(server)
    try await server.channel.close()
    return result
  }

  /// Sends one request and returns all that comes until the connection ends.
  private func exchange(_ request: String, _ server: FakeProvider.Server) async throws -> String {
    let done = group.next().makePromise(of: String.self)
    let client = try await ClientBootstrap(group: group).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Gatherer(done)) }
    }.connect(host: "127.0.0.1", port: server.port).get()
    client.writeAndFlush(ByteBuffer(string: request), promise: nil)
    return try await done.futureResult.get()
  }

  private final class Gatherer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let done: EventLoopPromise<String>
    private var all = ByteBuffer()

    init(_ done: EventLoopPromise<String>) { self.done = done }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var bytes = unwrapInboundIn(data)
      all.writeBuffer(&bytes)
    }

    func channelInactive(context: ChannelHandlerContext) { done.succeed(String(buffer: all)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
  }

  private func post(_ path: String, _ body: String) -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private func ask(_ server: FakeProvider.Server, _ fields: String = #""stream":true"#) async throws -> String {
    try await exchange(
      post("/v1/chat/completions", #"{"model":"m","messages":[{"role":"user","content":"hi"}],\#(fields)}"#), server)
  }

  @Test("an answer streams its tokens, its usage if asked, and its end")
  func streams() async throws {
    try await withFake { server in
      let answer = try await ask(server, #""stream":true,"stream_options":{"include_usage":true}"#)
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n"))
      #expect(answer.matches(of: #/"content":"\w+ "/#).count == 5)
      #expect(answer.contains(#""completion_tokens":5"#) && answer.contains(#""finish_reason":"stop""#))
      let short = try await ask(server, #""stream":true,"max_tokens":2"#)
      #expect(short.matches(of: #/"content":"\w+ "/#).count == 2 && short.contains(#""finish_reason":"length""#))
      let figures = try await server.figures()
      #expect(figures.answers == 2 && figures.tokens == 7 && figures.running == 0)
    }
  }

  @Test("an answer in one piece is one object")
  func whole() async throws {
    try await withFake { server in
      let answer = try await ask(server, #""stream":false"#)
      let body = try #require(answer.firstRange(of: "\r\n\r\n")).upperBound
      let object = try JSONSerialization.jsonObject(with: Data(answer[body...].utf8)) as? [String: Any]
      #expect(object?["object"] as? String == "chat.completion")
      #expect((object?["usage"] as? [String: Any])?["completion_tokens"] as? Int == 5)
    }
  }

  @Test("errors, cuts and garbage come as often as they are wished for")
  func faults() async throws {
    try await withFake({ $0.errorShare = 1 }) { server in
      let answer = try await ask(server)
      #expect(answer.hasPrefix("HTTP/1.1 500 ") && answer.contains(#""type":"server_error""#))
    }
    try await withFake({
      $0.cutShare = 1
      $0.cutAtByte = 300
    }) { server in
      let answer = try await ask(server)
      #expect(answer.hasPrefix("HTTP/1.1 200 ") && !answer.contains("[DONE]") && !answer.hasSuffix("0\r\n\r\n"))
      #expect(try await server.figures().cuts == 1)
    }
    try await withFake({ $0.garbageShare = 1 }) { server in
      let answer = try await ask(server)
      #expect(answer.contains("<<<") && answer.hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n"))
    }
  }

  @Test("an answer that stalls does not end until its caller does")
  func stalls() async throws {
    try await withFake({
      $0.stallShare = 1
      $0.tokens = 0
    }) { server in
      let client = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: server.port).get()
      client.writeAndFlush(
        ByteBuffer(
          string: post(
            "/chat/completions", #"{"messages":[{"role":"user","content":"hi"}],"stream":true}"#)), promise: nil)
      try await until(server) { $0.stalls == 1 && $0.running == 1 }
      try await client.close()
      try await until(server) { $0.gone == 1 && $0.running == 0 }
    }
  }

  /// Asks for the figures until they are as wished.
  private func until(_ server: FakeProvider.Server, _ isWished: (FakeFigures) -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < end {
      if isWished(try await server.figures()) { return }
      await Task.yield()
    }
    Issue.record("the figures stayed \(try await server.figures())")
  }

  @Test("beyond the limits there is 429 with the time to wait")
  func limits() async throws {
    try await withFake({ $0.requestsPerMinute = 1 }) { server in
      #expect(try await ask(server).contains("x-ratelimit-remaining-requests: 0\r\n"))
      let answer = try await ask(server)
      #expect(answer.hasPrefix("HTTP/1.1 429 ") && answer.contains("rate_limit_exceeded"))
      let seconds = try #require(answer.firstMatch(of: #/\r\nRetry-After: (\d+)\r\n/#).flatMap { Int($0.1) })
      #expect((1...60).contains(seconds))
    }
  }

  @Test("settings change while it runs, one by one, and nonsense changes nothing")
  func settings() async throws {
    try await withFake { server in
      let answer = try await exchange(
        post("/fake/settings", #"{"tokens":2,"betweenTokens":"exponential:1ms","downAfterSeconds":null}"#), server)
      #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains(#""tokens" : 2"#))
      #expect(try await ask(server).matches(of: #/"content":"\w+ "/#).count == 2)
      for body in ["", "[]", #"{"tokens":"many"}"#, #"{"toke":1}"#, #"{"errorShare":2}"#, #"{"firstToken":"soon"}"#] {
        #expect(try await exchange(post("/fake/settings", body), server).hasPrefix("HTTP/1.1 400 "), "\(body)")
      }
      let now = try await exchange("GET /fake/settings HTTP/1.0\r\n\r\n", server)
      #expect(now.contains(#""tokens" : 2"#) && now.contains(#""betweenTokens" : "exponential:1.0ms""#))
      #expect(try await exchange("GET /v1/models HTTP/1.0\r\n\r\n", server).contains(#""id":"fake""#))
    }
  }

  @Test("the same seed brings the same faults")
  func seeded() async throws {
    func outcome(seed: UInt64) async throws -> [Bool] {
      try await withFake(seed: seed, { $0.errorShare = 0.5 }) { server in
        var outcomes: [Bool] = []
        for _ in 0..<12 { outcomes.append(try await ask(server).hasPrefix("HTTP/1.1 200 ")) }
        return outcomes
      }
    }
    let first = try await outcome(seed: 7)
    #expect(try await outcome(seed: 7) == first)
    #expect(Set(first).count == 2)
  }
}
