import NIOCore
import WebSocket

/// Tells a raw session what happens on one of its connections.
final class RawLink: WebSocketDelegate {
  private let session: RawSession

  init(session: RawSession) {
    self.session = session
  }

  func webSocketDidOpen(_ ws: WebSocketConnection) {
    session.assumeIsolated { $0.opened() }
  }

  func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
    session.assumeIsolated { $0.received(kind, payload) }
  }

  func webSocketDidPong(_ ws: WebSocketConnection, _ payload: ByteBuffer) {
    session.assumeIsolated { $0.ponged(payload) }
  }

  func webSocketWritabilityChanged(_ ws: WebSocketConnection) {
    session.assumeIsolated { $0.writabilityChanged() }
  }

  func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) {
    session.assumeIsolated { $0.closed(code, reason) }
  }
}
