import NIOCore
import NIOEmbedded
import Testing

@testable import WebSocket

/// The upgrade handler in an embedded channel, with a clock that the test moves.
@Suite struct UpgradeTests {
  private func channel(_ server: WebSocketServer) throws -> EmbeddedChannel {
    let loop = EmbeddedEventLoop()
    loop.advanceTime(by: .seconds(10))
    return try .accepted(by: server, on: loop)
  }

  private let request = HandshakeTests.head(HandshakeTests.good)
  private let accepting = WebSocketServer { _, _ in .now(.accept { Echoer() }) }

  @Test("a request in pieces, with a frame behind it, is answered and the frame echoed")
  func accepts() throws {
    let channel = try channel(accepting)
    for byte in request.dropLast() { try channel.writeInbound(ByteBuffer(bytes: [byte])) }
    #expect(try channel.outputText().isEmpty)
    try channel.writeInbound(ByteBuffer(bytes: request.suffix(1) + Frames.text("early")))
    let answer = try channel.outputText()
    #expect(answer.hasPrefix("HTTP/1.1 101 "))
    #expect(answer.hasSuffix("\r\n\r\n\u{81}\u{05}early") || answer.hasSuffix("early"))
    _ = try? channel.finish()
  }

  @Test("a slow request is answered with 408 after 5 s, a silent connection is closed")
  func slow() throws {
    let slow = try channel(accepting)
    try slow.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\n"))
    slow.embeddedEventLoop.advanceTime(by: .seconds(4))
    #expect(slow.isActive)
    slow.embeddedEventLoop.advanceTime(by: .seconds(2))
    #expect(try slow.outputText().hasPrefix("HTTP/1.1 408 "))
    let silent = try channel(accepting)
    silent.embeddedEventLoop.advanceTime(by: .seconds(6))
    #expect(try silent.outputText().isEmpty)
    #expect(!silent.isActive)
  }

  @Test("a rejection is sent as it was decided, and the connection closed")
  func rejects() throws {
    let server = WebSocketServer { _, _ in
      .now(.reject(status: 503, headers: [("Retry-After", "3")], body: "full: come back later"))
    }
    let channel = try channel(server)
    try channel.writeInbound(ByteBuffer(bytes: request))
    let answer = try channel.outputText()
    #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3\r\n"))
    #expect(answer.contains("\r\nConnection: close\r\n"))
    #expect(answer.hasSuffix("\r\n\r\nfull: come back later"))
  }

  @Test("what comes while the application thinks is kept up to 16 KB, and parsed after the upgrade")
  func awaited() throws {
    let loop = EmbeddedEventLoop()
    let promise = loop.makePromise(of: UpgradeDecision.self)
    let channel = EmbeddedChannel(loop: loop)
    loop.advanceTime(by: .seconds(10))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try WebSocketServer(deciding: { _, _ in promise.futureResult }).configure(channel)
    try channel.writeInbound(ByteBuffer(bytes: request + Frames.text("one")))
    try channel.writeInbound(ByteBuffer(bytes: Frames.text("two")))
    #expect(try channel.outputText().isEmpty)
    loop.advanceTime(by: .seconds(9))
    promise.succeed(.accept { Echoer() })
    loop.run()
    let answer = try channel.outputText()
    #expect(answer.hasPrefix("HTTP/1.1 101 ") && answer.contains("one") && answer.hasSuffix("two"))
    _ = try? channel.finish()
  }

  @Test("a decision that does not come is 503, and comes too late afterwards")
  func undecided() throws {
    let loop = EmbeddedEventLoop()
    let promise = loop.makePromise(of: UpgradeDecision.self)
    let channel = EmbeddedChannel(loop: loop)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try WebSocketServer(deciding: { _, _ in promise.futureResult }).configure(channel)
    try channel.writeInbound(ByteBuffer(bytes: request))
    loop.advanceTime(by: .seconds(11))
    #expect(try channel.outputText().hasPrefix("HTTP/1.1 503 "))
    promise.succeed(.accept { Echoer() })
    loop.run()
    #expect(try channel.outputText().isEmpty)
  }

  @Test("more than 16 KB before the answer ends the connection")
  func tooEarly() throws {
    let loop = EmbeddedEventLoop()
    let promise = loop.makePromise(of: UpgradeDecision.self)
    let channel = EmbeddedChannel(loop: loop)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try WebSocketServer(deciding: { _, _ in promise.futureResult }).configure(channel)
    try channel.writeInbound(ByteBuffer(bytes: request))
    try channel.writeInbound(ByteBuffer(repeating: 0, count: 16 * 1024))
    #expect(channel.isActive)
    try channel.writeInbound(ByteBuffer(repeating: 0, count: 1))
    #expect(!channel.isActive)
    promise.succeed(.accept { Echoer() })
    loop.run()
  }

  @Test("a decision that fails is 500; a subprotocol that was not offered is too")
  func failedDecision() throws {
    let loop = EmbeddedEventLoop()
    let promise = loop.makePromise(of: UpgradeDecision.self)
    let failing = EmbeddedChannel(loop: loop)
    try failing.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try WebSocketServer(deciding: { _, _ in promise.futureResult }).configure(failing)
    try failing.writeInbound(ByteBuffer(bytes: request))
    promise.fail(ChannelError.eof)
    loop.run()
    #expect(try failing.outputText().hasPrefix("HTTP/1.1 500 "))
    let wrong = try channel(WebSocketServer { _, _ in .now(.accept(subprotocol: "other") { Echoer() }) })
    try wrong.writeInbound(ByteBuffer(bytes: request))
    #expect(try wrong.outputText().hasPrefix("HTTP/1.1 500 "))
  }

  @Test("what is not for WebSocket is replayed to the HTTP handlers, byte for byte, and so is what follows")
  func passesHTTP() throws {
    final class Sink: ChannelInboundHandler, Sendable {
      typealias InboundIn = ByteBuffer
      let events = Events()
      func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        events.add(String(buffer: unwrapInboundIn(data)))
      }
    }
    let sink = Sink()
    let server = WebSocketServer(onHTTP: { channel, _ in try channel.pipeline.syncOperations.addHandler(sink) }) {
      _, _ in
      .now(.reject(status: 500))
    }
    let channel = try channel(server)
    let head = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
    try channel.writeInbound(ByteBuffer(string: head + "12345"))
    try channel.writeInbound(ByteBuffer(string: "67890"))
    #expect(sink.events.all.joined() == head + "1234567890")
    channel.embeddedEventLoop.advanceTime(by: .seconds(60))
    #expect(channel.isActive)
    _ = try? channel.finish()
  }

  @Test("without HTTP handlers such a request is told to upgrade")
  func upgradeRequired() throws {
    let channel = try channel(accepting)
    try channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
    let answer = try channel.outputText()
    #expect(answer.hasPrefix("HTTP/1.1 426 ") && answer.contains("\r\nUpgrade: websocket\r\n"))
  }

  @Test("random heads are refused or accepted, never crashed on")
  func fuzz() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      var bytes = request
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      let channel = try channel(accepting)
      try channel.writeInbound(ByteBuffer(bytes: bytes))
      let answer = try channel.outputText()
      #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 "), "seed \(seed)")
      _ = try? channel.finish()
    }
  }
}
