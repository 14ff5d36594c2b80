import NIOCore
import NIOPosix

/// A TCP connection over which tests say anything, right or wrong.
final class RawConnection: Sendable {
  struct State: Sendable {
    var received: [UInt8] = []
    var isClosed = false
  }

  let state: Watched<State>
  private let channel: any Channel

  private init(_ channel: any Channel, _ state: Watched<State>) {
    self.channel = channel
    self.state = state
  }

  /// With `staysWhenLeft` the connection stays open on this side when the other has ended its direction.
  static func open(port: Int, staysWhenLeft: Bool = false) async throws -> RawConnection {
    let state = Watched(State()) {
      "\($0.isClosed ? "closed" : "open"), \(String(decoding: $0.received, as: UTF8.self))"
    }
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.allowRemoteHalfClosure, value: staysWhenLeft)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Gatherer(state))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    return RawConnection(channel, state)
  }

  func send(_ bytes: some Sequence<UInt8>) {
    // Fails when the other side has gone already, which tests then see as the end.
    channel.writeAndFlush(ByteBuffer(bytes: Array(bytes)), promise: nil)
  }

  func send(_ text: String) { send(text.utf8) }

  /// Everything the other side says until it ends the connection.
  func untilClosed(within limit: Duration = .seconds(20)) async throws -> [UInt8] {
    try await state.first("the end of the connection", within: limit) { $0.isClosed ? $0.received : nil }
  }

  func close() { channel.close(promise: nil) }

  /// Runs `body` with a connection that is closed afterwards.
  static func with<Result>(port: Int, _ body: (RawConnection) async throws -> Result) async throws -> Result {
    let connection = try await open(port: port)
    defer { connection.close() }
    return try await body(connection)
  }

  private final class Gatherer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let state: Watched<State>

    init(_ state: Watched<State>) { self.state = state }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = unwrapInboundIn(data)
      state.update { $0.received += bytes.readableBytesView }
    }

    func channelInactive(context: ChannelHandlerContext) {
      state.update { $0.isClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
}
