import NIOCore

/// Opens WebSocket connections on the channels of a NIO server.
///
/// ```swift
/// let server = WebSocketServer { request, eventLoop in
///   .now(.accept { MyDelegate() })
/// }
/// let bootstrap = ServerBootstrap(group: group).childChannelInitializer { channel in
///   channel.eventLoop.makeCompletedFuture { try server.configure(channel) }
/// }
/// ```
public struct WebSocketServer: Sendable {
  /// Decides on a request, on the channel's event loop (the second argument).
  public typealias Decide = @Sendable (UpgradeRequest, any EventLoop) -> UpgradeAnswer

  /// Installs, on the channel's event loop, the handlers for a channel whose first request is not for WebSocket. The bytes
  /// that were read are then passed to them. They may use NIO's HTTP/1 handlers, and the entrance if a later request is.
  public typealias OnHTTP = @Sendable (any Channel, WebSocketEntrance) throws -> Void

  let configuration: WebSocketServerConfiguration
  let connection: SharedConfiguration
  let decide: Decide
  let onHTTP: OnHTTP?

  /// Without `onHTTP` every request must be for WebSocket; others are answered with 426.
  public init(
    configuration: WebSocketServerConfiguration = .init(), onHTTP: OnHTTP? = nil, decide: @escaping Decide
  ) {
    self.configuration = configuration
    connection = SharedConfiguration(configuration.connection)
    self.decide = decide
    self.onHTTP = onHTTP
  }

  /// Same, for decisions that are always awaited.
  public init(
    configuration: WebSocketServerConfiguration = .init(), onHTTP: OnHTTP? = nil,
    deciding: @escaping @Sendable (UpgradeRequest, any EventLoop) -> EventLoopFuture<UpgradeDecision>
  ) {
    self.init(configuration: configuration, onHTTP: onHTTP) { .later(deciding($0, $1)) }
  }

  /// Makes a just accepted channel serve WebSocket. On the channel's event loop; after the TLS handler was added, if there
  /// is one, and before any other. `isTLS` says so. Without `origin` the connection comes from where its socket says.
  public func configure(_ channel: any Channel, isTLS: Bool = false, origin: ConnectionOrigin? = nil) throws {
    let origin = origin ?? ConnectionOrigin(remoteAddress: channel.remoteAddress)
    try channel.pipeline.syncOperations.addHandler(UpgradeHandler(self, isTLS: isTLS, origin: origin))
  }
}
