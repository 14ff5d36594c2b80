import NIOCore

/// What the application answers to a request that has passed the protocol's own checks.
public enum UpgradeDecision: Sendable {
  /// Open the connection.
  ///
  /// - subprotocol: one of ``UpgradeRequest/subprotocols``, or `nil`.
  /// - headers: added to the 101 response.
  /// - eventLoop: where the connection is to live; `nil` leaves it where it was accepted. A plain TCP connection moves
  ///   there, one with TLS stays: look at ``WebSocketConnection/eventLoop``.
  /// - makeDelegate: called once, on the event loop on which the connection then lives.
  case accept(
    subprotocol: String? = nil, headers: [(String, String)] = [], eventLoop: (any EventLoop)? = nil,
    makeDelegate: @Sendable () -> any WebSocketDelegate)

  /// Answer with this status and close. `reason` may be empty for the usual phrase; `body` is text and should end with
  /// what to do.
  case reject(status: Int, reason: String = "", headers: [(String, String)] = [], body: String = "")
}

/// A decision that is there at once, or one that is awaited.
public enum UpgradeAnswer: Sendable {
  /// Nothing to wait for: the connection opens within the same read.
  case now(UpgradeDecision)
  /// On any event loop. A failed future is answered with 500.
  case later(EventLoopFuture<UpgradeDecision>)
}
