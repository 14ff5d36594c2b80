import NIOCore
import NIOPosix
import WebSocket

/// Sends every message back.
final class EchoServer: Sendable {
  let url: String
  private let channel: any Channel

  static func start(subprotocols: Set<String> = []) async throws -> EchoServer {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let server = WebSocketServer { request, _ in
      .now(.accept(subprotocol: request.subprotocols.first(where: subprotocols.contains)) { Echo() })
    }
    let channel = try await ServerBootstrap(group: loop)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try server.configure(channel) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return EchoServer(port: channel.localAddress?.port ?? 0, channel: channel)
  }

  private init(port: Int, channel: any Channel) {
    url = "ws://127.0.0.1:\(port)/echo"
    self.channel = channel
  }

  func stop() async throws {
    try await channel.close()
  }

  private final class Echo: WebSocketDelegate {
    func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
      // Told to close by the message, as a server that ends a conversation does.
      if String(buffer: payload) == "bye" {
        ws.close(code: CloseCode(4321), reason: "told to")
      } else {
        ws.send(kind, payload)
      }
    }

    func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) {}
  }
}
