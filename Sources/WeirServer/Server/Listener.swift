import Logging
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
    _ configuration: WeirConfiguration, group: MultiThreadedEventLoopGroup, tls: TLSContextBox?,
    gatekeeper: Gatekeeper, admission: Admission, router: HTTPRouter, places: ConnectionPlaces, logger: Logger
  ) async throws -> any Channel {
    let server = WebSocketServer(
      configuration: WebSocketServerConfiguration(configuration.websocket),
      onHTTP: { channel, entrance in
        try installHTTP(on: channel, router: router, remote: entrance.origin.remoteAddress, webSocket: entrance)
      },
      decide: { request, eventLoop in .now(admission.decide(request, on: eventLoop)) })
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 4096)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptGate(places, loops: Array(group.makeIterator())))
        }
      }
      // Linux gives what it accepts the TCP options of the listener: no calls for each connection.
      .serverChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .serverChannelOption(.tcpOption(notSentLowWaterMark), value: unsentLimitBytes)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let place = places.place(of: channel)
          guard gatekeeper.expectsProxyHeader(from: channel.remoteAddress) else {
            // Who has no address any more has gone before it was looked at.
            guard let peer = channel.remoteAddress else { throw NoPlace() }
            return try configure(channel, from: peer, place, server, tls, gatekeeper)
          }
          let peer = channel.remoteAddress
          let header = ProxyHeaderHandler(
            failed: { why in
              logger.warning(
                "a proxy sent no PROXY header", metadata: ["from": "\(peer?.description ?? "?")", "why": "\(why)"])
            },
            install: { channel, client in try configure(channel, from: client, place, server, tls, gatekeeper) })
          try channel.pipeline.syncOperations.addHandler(header)
        }
      }
    return try await bootstrap.bind(host: configuration.listen.host, port: configuration.listen.port).get()
  }
}

/// There is no place for the connection, or nobody at its other end: it is closed without a word, which costs least.
private struct NoPlace: Error {}

/// Adds what a connection needs whose client is known.
private func configure(
  _ channel: any Channel, from client: SocketAddress?, _ place: ConnectionPlaces.Place?, _ server: WebSocketServer,
  _ tls: TLSContextBox?, _ gatekeeper: Gatekeeper
) throws {
  guard let ticket = gatekeeper.ticket(for: client, place: place) else { throw NoPlace() }
  // For connections that become devices, the device holds it too: they may move, and this channel ends.
  channel.closeFuture.whenComplete { _ in withExtendedLifetime(ticket) {} }
  if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.current)) }
  try server.configure(
    channel, isTLS: tls != nil, origin: ConnectionOrigin(remoteAddress: client, attachment: ticket))
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
    connection.deflate?.level = limits.deflateLevel
    connection.deflate?.contextTakeover = limits.deflateContextTakeover ? .allowed : .never
    handshakeTime = TimeAmount(limits.handshakeTimeout)
    if limits.allowedOrigins.contains("*") {
      allowedOrigins = .any
    } else if !limits.allowedOrigins.isEmpty {
      allowedOrigins = .list(limits.allowedOrigins)
    }
  }
}
