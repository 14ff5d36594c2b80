import NIOCore
import NIOEmbedded
import Testing

@testable import WeirServer

@Suite("Connections that begin with a PROXY header")
struct ProxyHeaderHandlerTests {
  /// Keeps what a connection's own handlers get.
  private final class Recorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    var text = ""

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { text += String(buffer: unwrapInboundIn(data)) }
  }

  private final class Outcome {
    var clients: [SocketAddress?] = []
    var failures: [String] = []
  }

  private struct Refused: Error {}

  private func connect(
    installs recorder: Recorder?
  ) throws -> (EmbeddedChannel, Outcome) {
    let outcome = Outcome()
    let channel = EmbeddedChannel()
    try channel.connect(to: SocketAddress(ipAddress: "10.0.0.1", port: 5)).wait()
    let handler = ProxyHeaderHandler(
      failed: { outcome.failures.append($0) },
      install: { channel, client in
        outcome.clients.append(client)
        guard let recorder else { throw Refused() }
        try channel.pipeline.syncOperations.addHandler(recorder)
      })
    try channel.pipeline.syncOperations.addHandler(handler)
    return (channel, outcome)
  }

  private func isThere(_ channel: EmbeddedChannel) -> Bool {
    (try? channel.pipeline.syncOperations.handler(type: ProxyHeaderHandler.self)) != nil
  }

  @Test(
    "the address is known before the first byte behind the header, however the bytes come", arguments: [1, 3, 1000])
  func handsOn(size: Int) throws {
    let recorder = Recorder()
    let (channel, outcome) = try connect(installs: recorder)
    let bytes = Array("PROXY TCP4 192.0.2.1 10.0.0.1 4711 443\r\nGET / HTTP/1.1\r\n".utf8)
    for start in stride(from: 0, to: bytes.count, by: size) {
      try channel.writeInbound(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
    }
    #expect(outcome.clients == [try SocketAddress(ipAddress: "192.0.2.1", port: 4711)])
    #expect(recorder.text == "GET / HTTP/1.1\r\n")
    #expect(!isThere(channel) && channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .seconds(60))
    #expect(channel.isActive && outcome.failures.isEmpty, "its timer is gone")
    try channel.writeInbound(ByteBuffer(string: "more"))
    #expect(recorder.text.hasSuffix("more"))
  }

  @Test("a proxy that speaks for itself is the client")
  func local() throws {
    let recorder = Recorder()
    let (channel, outcome) = try connect(installs: recorder)
    try channel.writeInbound(ByteBuffer(bytes: ProxyHeaderTests.binary(0x20, 0, [])))
    #expect(outcome.clients.count == 1 && outcome.clients.first == channel.remoteAddress)
    #expect(recorder.text.isEmpty && !isThere(channel))
  }

  @Test("a connection that begins otherwise is closed, and nothing of it is handed on")
  func invalid() throws {
    let recorder = Recorder()
    let (channel, outcome) = try connect(installs: recorder)
    try channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\n"))
    #expect(outcome.failures == ["it does not begin with a PROXY header"])
    #expect(!channel.isActive && outcome.clients.isEmpty && recorder.text.isEmpty)
  }

  @Test("a header that does not come in time closes the connection, byte by byte or not at all", arguments: [0, 20])
  func slow(count: Int) throws {
    let (channel, outcome) = try connect(installs: Recorder())
    for byte in "PROXY TCP4 192.0.2.1 10.0.0.1 4711".utf8.prefix(count) {
      try channel.writeInbound(ByteBuffer(bytes: [byte]))
      channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
    }
    channel.embeddedEventLoop.advanceTime(by: .seconds(5))
    #expect(!channel.isActive && outcome.failures == ["it did not come in time"])
  }

  @Test("a connection that is refused by its address is closed without its bytes being read")
  func refused() throws {
    let (channel, outcome) = try connect(installs: nil)
    try channel.writeInbound(ByteBuffer(string: "PROXY TCP4 192.0.2.1 10.0.0.1 4711 443\r\nGET /"))
    #expect(!channel.isActive && outcome.clients.count == 1)
    #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
  }

  @Test("a client that goes away before its header leaves no timer behind")
  func gone() throws {
    let (channel, outcome) = try connect(installs: Recorder())
    try channel.close().wait()
    channel.embeddedEventLoop.advanceTime(by: .seconds(60))
    #expect(outcome.failures.isEmpty)
  }
}
