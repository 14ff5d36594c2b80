import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import WebSocket

@Suite(.serialized) struct ClientTests {
  private let loop = MultiThreadedEventLoopGroup.singleton.next()

  /// Connects, sends `messages` and returns what came back.
  private func echo(
    _ target: WebSocketTarget, _ messages: [String], subprotocols: [String] = [],
    configuration: WebSocketClientConfiguration = .init()
  ) async throws -> [String] {
    let done = loop.makePromise(of: [ByteBuffer].self)
    let expected = messages.count
    let opening = WebSocketClient(configuration: configuration).connect(
      to: target, subprotocols: subprotocols, on: loop
    ) { Collector(expected: expected, done) }
    opening.whenFailure { done.fail($0) }
    try await opening.map { bound in
      for message in messages { bound.value.send(.text, ByteBuffer(string: message)) }
      bound.value.flush()
    }.get()
    return try await done.futureResult.get().map { String(buffer: $0) }
  }

  private let messages = ["", "hello", String(repeating: "weir ", count: 1000)]

  @Test("client and server of ours echo, with and without compression and takeover")
  func echoes() async throws {
    for takeover in [DeflateConfiguration.ContextTakeover.never, .allowed] {
      for compresses in [true, false] {
        var settings = WebSocketServerConfiguration()
        settings.connection.deflate?.contextTakeover = takeover
        var client = WebSocketClientConfiguration()
        client.connection.deflate?.contextTakeover = takeover
        if !compresses { client.connection.deflate = nil }
        let server = settings
        try await TestServer.with { _ in
          WebSocketServer(configuration: server) { _, _ in .now(.accept { Echoer() }) }
        } _: { server in
          let echoed = try await echo(
            WebSocketTarget(host: "127.0.0.1", port: server.port), messages + messages, configuration: client)
          #expect(echoed == messages + messages)
        }
      }
    }
  }

  @Test("the subprotocol that the server chose is the connection's, on both sides")
  func subprotocol() async throws {
    let events = Events()
    try await TestServer.with { _ in
      WebSocketServer { request, _ in
        .now(.accept(subprotocol: request.subprotocols.last) { Echoer(events) })
      }
    } _: { server in
      let target = WebSocketTarget(host: "127.0.0.1", port: server.port)
      let chosen = loop.makePromise(of: String?.self)
      let done = loop.makePromise(of: [ByteBuffer].self)
      WebSocketClient().connect(to: target, subprotocols: ["a", "b"], on: loop) { Collector(expected: 1, done) }
        .whenComplete { result in
          switch result {
          case .success(let bound):
            chosen.succeed(bound.value.subprotocol)
            bound.value.close(code: .normal)
          case .failure(let error):
            chosen.fail(error)
            done.fail(error)
          }
        }
      #expect(try await chosen.futureResult.get() == "b")
      _ = try await done.futureResult.get()
    }
    #expect(events.all.first == "open b")
  }

  @Test("TLS works on both sides, and a certificate for another name is refused")
  func tls() async throws {
    let context = try TestCertificate.serverContext()
    let trusting = try TestCertificate.clientContext()
    try await TestServer.with(threads: 2, tls: context) { group in
      let loops = Array(group.makeIterator())
      // Asked to move, a TLS connection stays where it is.
      return WebSocketServer { _, eventLoop in
        .now(.accept(eventLoop: loops.first { $0 !== eventLoop }) { Echoer() })
      }
    } _: { server in
      let target = WebSocketTarget(host: "127.0.0.1", port: server.port, tls: trusting, tlsServerName: "localhost")
      let echoed = try await echo(target, messages)
      #expect(echoed == messages)
      let other = WebSocketTarget(host: "127.0.0.1", port: server.port, tls: trusting, tlsServerName: "example.com")
      await #expect(throws: WebSocketClientError.self) { try await echo(other, ["x"]) }
    }
  }

  @Test("a refusal is a typed error with its status, headers and the start of its body")
  func refused() async throws {
    let body = String(repeating: "no ", count: 1000)
    try await TestServer.with { _ in
      WebSocketServer { _, _ in .now(.reject(status: 429, headers: [("Retry-After", "7")], body: body)) }
    } _: { server in
      let error = await #expect(throws: WebSocketClientError.self) {
        try await echo(WebSocketTarget(host: "127.0.0.1", port: server.port), ["x"])
      }
      guard case .refused(let answer) = error else {
        Issue.record("not refused: \(String(describing: error))")
        return
      }
      #expect(answer.status == 429)
      #expect(answer.headers["Retry-After"] == "7")
      #expect(answer.body == body.prefix(1024))
    }
  }

  @Test("no server, a silent server and a server that hangs up each give their own error")
  func failures() async throws {
    let mute = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(mute.localAddress?.port)
    var hasty = WebSocketClientConfiguration()
    hasty.handshakeTime = .milliseconds(100)
    let target = WebSocketTarget(host: "127.0.0.1", port: port)
    let silent = await #expect(throws: WebSocketClientError.self) {
      try await echo(target, ["x"], configuration: hasty)
    }
    guard case .timedOut = silent else {
      Issue.record("\(String(describing: silent))")
      return
    }
    try await mute.close()
    let none = await #expect(throws: WebSocketClientError.self) { try await echo(target, ["x"]) }
    guard case .connectFailed = none else {
      Issue.record("\(String(describing: none))")
      return
    }
    let rude = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { $0.close() }
      .bind(host: "127.0.0.1", port: 0).get()
    let rudePort = try #require(rude.localAddress?.port)
    let cut = await #expect(throws: WebSocketClientError.self) {
      try await echo(WebSocketTarget(host: "127.0.0.1", port: rudePort), ["x"])
    }
    guard case .closedEarly = cut else {
      Issue.record("\(String(describing: cut))")
      return
    }
    try await rude.close()
  }
}
