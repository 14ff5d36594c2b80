internal import NIOCore
internal import WebSocket

/// Tells a client what happens on one of its connections. Lives on the client's loop, and does not keep the client
/// alive: a connection without one closes itself.
final class Link: WebSocketDelegate {
  private weak var client: WeirClient?
  /// Which attempt to connect this is, so that news of a connection that was given up change nothing.
  private let attempt: UInt64

  init(client: WeirClient?, attempt: UInt64) {
    self.client = client
    self.attempt = attempt
  }

  func webSocketDidOpen(_ ws: WebSocketConnection) {
    guard let client else {
      ws.close(code: .goingAway)
      return
    }
    client.assumeIsolated { [attempt] in $0.connectionOpened(attempt) }
  }

  func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
    client?.assumeIsolated { [attempt] in $0.connectionReceived(attempt, kind, payload) }
  }

  func webSocketReadComplete(_ ws: WebSocketConnection) {
    client?.assumeIsolated { [attempt] in $0.connectionReadComplete(attempt) }
  }

  func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) {
    client?.assumeIsolated { [attempt] in $0.connectionClosed(attempt, code, reason) }
  }
}
