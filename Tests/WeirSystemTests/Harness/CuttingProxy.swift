import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A stretch of network between clients and a server that a test can cut: bytes go both ways until `cut`, which drops
/// every connection at once.
final class CuttingProxy: Sendable {
  let port: Int
  private let listener: any Channel
  private let open: NIOLockedValueBox<[any Channel]>

  private init(_ listener: any Channel, _ open: NIOLockedValueBox<[any Channel]>) {
    self.listener = listener
    self.open = open
    port = listener.localAddress?.port ?? 0
  }

  static func start(to port: Int) async throws -> CuttingProxy {
    let open = NIOLockedValueBox<[any Channel]>([])
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let listener = try await ServerBootstrap(group: loop)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      // Nothing is read from a client before there is a server to give it to.
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { client in
        open.withLockedValue { $0.append(client) }
        return ClientBootstrap(group: loop)
          .connect(host: "127.0.0.1", port: port)
          .flatMap { server in
            server.eventLoop.makeCompletedFuture {
              try server.pipeline.syncOperations.addHandler(Relay(to: client))
              try client.pipeline.syncOperations.addHandler(Relay(to: server))
            }
            .flatMap { client.setOption(.autoRead, value: true) }
          }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return CuttingProxy(listener, open)
  }

  /// How many connections have been made through it.
  var connections: Int { open.withLockedValue { $0.count } }

  /// Drops every connection. New ones can be made at once.
  func cut() {
    for channel in open.withLockedValue({ $0 }) { channel.close(promise: nil) }
  }

  func stop() {
    listener.close(promise: nil)
    cut()
  }

  private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let other: any Channel

    init(to other: any Channel) { self.other = other }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
