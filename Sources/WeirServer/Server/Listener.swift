import NIOCore
import NIOPosix
import NIOSSL
import WebSocket

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Accepts TCP connections and gives each what it needs to become a device or an HTTP client.
enum Listener {
  /// The kernel's own queue of what was written and not yet sent is kept short: what a slow device has not taken stays in
  /// the answer's log, where it is stored once for all devices.
  private static let unsentLimitBytes: Int = 128 << 10
  /// TCP_NOTSENT_LOWAT (tcp(7)), which NIO has no name for.
  private static let notSentLowWaterMark = NIOBSDSocket.Option(rawValue: 25)

  static func bind(
    _ configuration: WeirConfiguration, group: MultiThreadedEventLoopGroup, tls: NIOSSLContext?, admission: Admission,
    router: HTTPRouter
  ) async throws -> any Channel {
    let server = WebSocketServer(
      configuration: WebSocketServerConfiguration(configuration.websocket),
      onHTTP: { channel in try installHTTP(on: channel, router: router) },
      decide: { request, eventLoop in .now(admission.decide(request, on: eventLoop)) })
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 4096)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.tcpOption(notSentLowWaterMark), value: unsentLimitBytes)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try server.configure(channel, isTLS: tls != nil)
        }
      }
    return try await bootstrap.bind(host: configuration.listen.host, port: configuration.listen.port).get()
  }
}

extension WebSocketServerConfiguration {
  /// The WebSocket layer's settings, from the server's configuration.
  init(_ limits: WeirConfiguration.WebSocketLimits) {
    self.init()
    connection.limits.maximumMessageBytes = limits.maximumMessageBytes
    connection.limits.maximumFrameBytes = limits.maximumMessageBytes
    connection.highWaterBytes = limits.highWaterBytes
    connection.lowWaterBytes = limits.highWaterBytes / 4
    connection.maximumOutstandingBytes = limits.highWaterBytes + 4 * limits.maximumMessageBytes
    // The session sends stalled devices away with a word; this is for what has no session yet.
    connection.writeStallTime = TimeAmount(limits.stallLimit + limits.stallLimit)
    connection.pingInterval = TimeAmount(limits.pingInterval)
    connection.deflate = limits.deflate ? DeflateConfiguration() : nil
    connection.deflate?.thresholdBytes = limits.deflateThresholdBytes
    handshakeTime = TimeAmount(limits.handshakeTimeout)
    if limits.allowedOrigins.contains("*") {
      allowedOrigins = .any
    } else if !limits.allowedOrigins.isEmpty {
      allowedOrigins = .list(limits.allowedOrigins)
    }
  }
}
