import NIOCore

/// Receives what happens on one connection. All calls come on the connection's event loop, one after the other, and must
/// not block it. What is sent during a call leaves with one write at the end of the read that caused it.
public protocol WebSocketDelegate: AnyObject {
  /// The handshake is done; the first call of all. What is sent here leaves in the same write as the 101 response.
  func webSocketDidOpen(_ ws: WebSocketConnection)

  /// A whole message. Text is valid UTF-8. `payload` is usually a slice of the loop's read buffer: copy it to keep it for
  /// long, or it holds up to 64 KiB in memory.
  func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer)

  /// All messages of one read have been delivered; the connection flushes right after.
  func webSocketReadComplete(_ ws: WebSocketConnection)

  /// The peer answered a ping, or sent a pong by itself.
  func webSocketDidPong(_ ws: WebSocketConnection, _ payload: ByteBuffer)

  /// ``WebSocketConnection/isWritable`` changed. Never called from inside `send` or `flush`.
  func webSocketWritabilityChanged(_ ws: WebSocketConnection)

  /// The connection is over: called exactly once, as the last call, for every connection that opened. `code` is the peer's
  /// when it sent a Close frame, the one sent to it when it broke the protocol or a limit, 1006 when the TCP connection
  /// just went.
  func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String)
}

extension WebSocketDelegate {
  /// Does nothing.
  public func webSocketDidOpen(_ ws: WebSocketConnection) {}
  /// Does nothing.
  public func webSocketReadComplete(_ ws: WebSocketConnection) {}
  /// Does nothing.
  public func webSocketDidPong(_ ws: WebSocketConnection, _ payload: ByteBuffer) {}
  /// Does nothing.
  public func webSocketWritabilityChanged(_ ws: WebSocketConnection) {}
}
