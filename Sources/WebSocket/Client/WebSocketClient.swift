import NIOCore
import NIOPosix
import NIOSSL

/// Opens WebSocket connections to servers.
public struct WebSocketClient: Sendable {
  let configuration: WebSocketClientConfiguration
  let connection: SharedConfiguration

  /// A client holds no connections and no threads; one may open any number of connections.
  public init(configuration: WebSocketClientConfiguration = .init()) {
    self.configuration = configuration
    connection = SharedConfiguration(configuration.connection)
  }

  /// Connects to `target`. May be called from anywhere.
  ///
  /// - headers: added to the request (`Authorization`, `Origin`, `Cookie`).
  /// - subprotocols: offered, in order of preference.
  /// - eventLoop: where the connection lives; of a NIO `MultiThreadedEventLoopGroup`.
  /// - makeDelegate: called there once the server has agreed.
  ///
  /// The future completes on `eventLoop`, before the delegate's first call, with the connection, which may be used on that
  /// loop only. It fails with ``WebSocketClientError``.
  public func connect(
    to target: WebSocketTarget, headers: [(String, String)] = [], subprotocols: [String] = [],
    on eventLoop: any EventLoop, makeDelegate: @escaping @Sendable () -> any WebSocketDelegate
  ) -> EventLoopFuture<NIOLoopBound<WebSocketConnection>> {
    let promise = eventLoop.makePromise(of: NIOLoopBound<WebSocketConnection>.self)
    let handshake: ClientHandshake
    do throws(WebSocketClientError) {
      handshake = try ClientHandshake(
        target, headers: headers, subprotocols: subprotocols, deflate: connection.value.deflate)
    } catch {
      promise.fail(error)
      return promise.futureResult
    }
    ClientBootstrap(group: eventLoop)
      .connectTimeout(configuration.connectTime)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls = target.tls {
            let handler = try NIOSSLClientHandler(context: tls, serverHostname: target.verifiedName)
            try channel.pipeline.syncOperations.addHandler(handler)
          }
          let handler = ClientUpgradeHandler(
            handshake, client: self, isTLS: target.tls != nil, makeDelegate: makeDelegate, promise: promise)
          try channel.pipeline.syncOperations.addHandler(handler)
        }
      }
      .connect(host: target.host, port: target.port)
      .whenFailure { error in
        // Without effect if the handler has failed it already with something more telling.
        promise.fail(
          WebSocketClientError.connectFailed(
            host: target.host, port: target.port, reason: String(describing: error)))
      }
    return promise.futureResult
  }
}
