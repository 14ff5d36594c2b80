import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import WeirCore
import WeirWire

@testable import WeirServer

@Suite("Completions on their way between event loops")
struct CrossingTests {
  /// A shard whose every answer is `pieces` numbered pieces, as fast as they are taken.
  private final class Fountain: CompletionHost {
    static let pieceBytes = 1024

    let eventLoop: any EventLoop
    private let pieces: Int
    let most = NIOLockedValueBox(0)
    let refilled = NIOLockedValueBox(0)
    let blocked: EventLoopPromise<Void>
    let ended: EventLoopPromise<Void>
    /// Touched on the loop only.
    private let sent: NIOLoopBoundBox<Int>

    init(_ eventLoop: any EventLoop, pieces: Int) {
      self.eventLoop = eventLoop
      self.pieces = pieces
      blocked = eventLoop.makePromise()
      ended = eventLoop.makePromise()
      sent = NIOLoopBoundBox.makeBoxSendingValue(0, eventLoop: eventLoop)
    }

    func begin(_ call: DirectCall, for caller: Caller, _ link: CompletionLink) {
      link.send(ServerFrame(frame: .turnStarted(TurnStarted(turnID: 1, model: "m"))))
      pour(link)
      blocked.succeed()
    }

    func writable(_ link: CompletionLink) {
      refilled.withLockedValue { $0 += 1 }
      pour(link)
    }

    func end(_ link: CompletionLink) { ended.succeed() }

    private func pour(_ link: CompletionLink) {
      while sent.value < pieces, link.isWritable {
        let number = "\(sent.value);"
        link.sendDelta(number + String(repeating: "x", count: Self.pieceBytes - number.utf8.count))
        sent.value += 1
        link.flush()
        most.withLockedValue { $0 = max($0, link.outstandingBytes) }
      }
      guard sent.value == pieces else { return }
      sent.value += 1
      link.send(ServerFrame(frame: .turnFinished(TurnFinished(turnID: 1, reason: .complete))))
      link.flush()
    }
  }

  /// Gathers all that comes.
  private final class Gatherer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let done: EventLoopPromise<ByteBuffer>
    private var all = ByteBuffer()

    init(_ done: EventLoopPromise<ByteBuffer>) { self.done = done }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var bytes = unwrapInboundIn(data)
      all.writeBuffer(&bytes)
    }

    func channelInactive(context: ChannelHandlerContext) { done.succeed(all) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
  }

  private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

  @Test("a slow reader holds the answer up and gets it whole and in order", arguments: [true, false])
  func slowReader(sameLoop: Bool) async throws {
    let loops = Array(Self.group.makeIterator())
    let pieces = 8000
    let fountain = Fountain(loops[sameLoop ? 0 : 1], pieces: pieces)
    let door = FrontDoor(
      authenticate: { _ in .success(Caller(user: "ann")) }, models: { _ in ["m"] }, host: { _ in fountain })
    var router = HTTPRouter()
    door.install(in: &router)
    let ready = router
    let listener = try await ServerBootstrap(group: loops[0]).childChannelInitializer { channel in
      channel.eventLoop.makeCompletedFuture { try installHTTP(on: channel, router: ready) }
    }.bind(host: "127.0.0.1", port: 0).get()
    let done = loops[1].makePromise(of: ByteBuffer.self)
    let client = try await ClientBootstrap(group: loops[1]).channelOption(.autoRead, value: false)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Gatherer(done)) }
      }.connect(host: "127.0.0.1", port: try #require(listener.localAddress?.port)).get()
    let body = #"{"messages":[{"role":"user","content":"hi"}],"stream":true}"#
    let request =
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    try await client.writeAndFlush(ByteBuffer(string: request))
    try await fountain.blocked.futureResult.get()
    try await client.setOption(.autoRead, value: true).get()
    let bytes = try await done.futureResult.get()
    try await fountain.ended.futureResult.get()
    // High water and one event more.
    #expect(fountain.most.withLockedValue { $0 } < (64 << 10) + 2 * Fountain.pieceBytes)
    #expect(fountain.refilled.withLockedValue { $0 } > 1)
    let numbers = String(buffer: bytes).matches(of: #/"content":"(\d+);x+"/#).compactMap { Int($0.1) }
    #expect(numbers == Array(0..<pieces))
    #expect(String(buffer: bytes).hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n"))
    try await listener.close()
  }
}
