import NIOCore

/// The way back for a channel that was given to HTTP because its first request was not for WebSocket: connections are kept
/// and used again, by proxies above all, and a later request may be (RFC 9110 §7.8).
public struct WebSocketEntrance: Sendable {
  /// Where the connection comes from.
  public let origin: ConnectionOrigin
  let server: WebSocketServer
  let isTLS: Bool

  /// Serves `request`, the bytes of a request's head and of whatever came behind it, as the first of a new channel. On the
  /// channel's event loop; HTTP's handlers must have left the pipeline, and its last answer must have been written.
  public func serve(_ request: ByteBuffer, on channel: any Channel) throws {
    let handler = UpgradeHandler(server, isTLS: isTLS, origin: origin, cameFromHTTP: true)
    try channel.pipeline.syncOperations.addHandler(handler)
    handler.receive(request)
  }
}
