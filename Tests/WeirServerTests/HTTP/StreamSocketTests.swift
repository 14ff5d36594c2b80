import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import WeirServer

@Suite("Streamed answers on sockets")
struct StreamSocketTests {
  private let group = MultiThreadedEventLoopGroup.singleton

  /// Writes as long as the peer takes it, and notes how much lay unsent at most.
  private final class Firehose {
    private let stream: HTTPResponseStream
    private let most: NIOLockedValueBox<Int>
    private var left: Int
    private let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 16 << 10)

    init(_ stream: HTTPResponseStream, bytes: Int, most: NIOLockedValueBox<Int>) {
      self.stream = stream
      self.most = most
      left = bytes
    }

    func run() {
      while left > 0, stream.isWritable {
        stream.write(piece)
        stream.flush()
        left -= piece.readableBytes
        most.withLockedValue { $0 = max($0, stream.outstandingBytes) }
      }
      if left <= 0 { stream.end() }
    }
  }

  private func listen(_ router: HTTPRouter) async throws -> any Channel {
    try await ServerBootstrap(group: group).childChannelInitializer { channel in
      channel.eventLoop.makeCompletedFuture { try installHTTP(on: channel, router: router) }
    }.bind(host: "127.0.0.1", port: 0).get()
  }

  /// Counts bytes, reading only when it is told to.
  private final class Reader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    let bytes: NIOLockedValueBox<Int>
    let text: NIOLockedValueBox<String>

    init(bytes: NIOLockedValueBox<Int>, text: NIOLockedValueBox<String>) {
      self.bytes = bytes
      self.text = text
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let buffer = unwrapInboundIn(data)
      bytes.withLockedValue { $0 += buffer.readableBytes }
      text.withLockedValue { if $0.utf8.count < 4096 { $0 += String(buffer: buffer) } }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
  }

  private func connect(
    to listener: any Channel, autoRead: Bool = true, bytes: NIOLockedValueBox<Int> = .init(0),
    text: NIOLockedValueBox<String> = .init("")
  ) async throws -> any Channel {
    let port = try #require(listener.localAddress?.port)
    return try await ClientBootstrap(group: group).channelOption(.autoRead, value: autoRead)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Reader(bytes: bytes, text: text))
        }
      }.connect(host: "127.0.0.1", port: port).get()
  }

  @Test("a reader that stops reading makes the server hold little, and gets everything when it goes on")
  func slowReader() async throws {
    let total = 64 << 20
    let most = NIOLockedValueBox(0)
    let blocked = group.next().makePromise(of: Void.self)
    var router = HTTPRouter()
    router.add(
      .GET, "/",
      .stream { _, stream in
        let hose = Firehose(stream, bytes: total, most: most)
        stream.onWritable = { hose.run() }
        stream.begin()
        hose.run()
        blocked.succeed()
      })
    let listener = try await listen(router)
    let bytes = NIOLockedValueBox(0)
    let client = try await connect(to: listener, autoRead: false, bytes: bytes)
    try await client.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
    // The route came back although most is unwritten: the kernel had taken what it could, and no more was written.
    try await blocked.futureResult.get()
    #expect(most.withLockedValue { $0 } < 256 << 10)
    try await client.setOption(.autoRead, value: true).get()
    try await client.closeFuture.get()
    #expect(bytes.withLockedValue { $0 } > total)
    #expect(most.withLockedValue { $0 } < 256 << 10)
    try await listener.close()
  }

  @Test("a peer that goes while nothing is being written is noticed")
  func gone() async throws {
    let begun = group.next().makePromise(of: Void.self)
    let closed = group.next().makePromise(of: Void.self)
    var router = HTTPRouter()
    router.add(
      .GET, "/",
      .stream { _, stream in
        stream.onClosed = { closed.succeed() }
        begun.succeed()
      })
    let listener = try await listen(router)
    let client = try await connect(to: listener)
    try await client.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
    try await begun.futureResult.get()
    try await client.close()
    try await closed.futureResult.get()
    try await listener.close()
  }

  @Test("a refusal of a body that is on its way reaches the sender")
  func refusalArrives() async throws {
    var router = HTTPRouter()
    router.add(.POST, "/", .init(.immediate { _ in .text("taken") }, bodyBytes: 1000))
    let listener = try await listen(router)
    let text = NIOLockedValueBox("")
    let client = try await connect(to: listener, text: text)
    var request = ByteBuffer(string: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
    request.writeRepeatingByte(UInt8(ascii: "x"), count: 4_000_000)
    client.writeAndFlush(request, promise: nil)
    try await client.closeFuture.get()
    #expect(text.withLockedValue { $0 }.hasPrefix("HTTP/1.1 413 "))
    try await listener.close()
  }
}
