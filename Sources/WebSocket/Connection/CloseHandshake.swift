/// The life of a connection as its Close frames make it (RFC 6455 §7). Decides; the connection acts.
struct CloseHandshake {
  private enum State: Equatable {
    case open
    /// Our Close is out, the peer's has not come.
    case sent
    /// Both sides are done with WebSocket; only the TCP connection is left. The pair is what will be reported.
    case finished(CloseCode, String)
    case transportClosed
  }

  enum Action: Equatable {
    case nothing
    /// Send this Close frame and wait for the peer's, for a limited time.
    case send(CloseCode, String)
    /// Send this Close frame and end the TCP connection.
    case sendAndEnd(CloseCode, String)
    /// Send this Close frame and wait for the server to end the TCP connection, for a limited time.
    case sendAndAwaitEnd(CloseCode, String)
    /// End the TCP connection.
    case end
    /// Wait for the server to end the TCP connection, for a limited time.
    case awaitEnd
  }

  private let role: Role
  private var state = State.open

  init(role: Role) { self.role = role }

  /// Messages may be sent and delivered.
  var isOpen: Bool {
    if case .open = state { true } else { false }
  }

  /// Nothing that the peer sends matters any more.
  var isFinished: Bool {
    switch state {
    case .finished, .transportClosed: true
    case .open, .sent: false
    }
  }

  /// The owner wants to close.
  mutating func close(_ code: CloseCode, _ reason: String) -> Action {
    guard state == .open else { return .nothing }
    state = .sent
    return .send(code, reason)
  }

  /// The peer's Close frame came. An answer repeats its code (RFC 6455 §5.5.1).
  mutating func received(_ payload: ClosePayload) -> Action {
    switch state {
    case .open:
      state = .finished(payload.code, payload.reason)
      // It is the server that ends the TCP connection first (RFC 6455 §7.1.1).
      return role == .server ? .sendAndEnd(payload.code, "") : .sendAndAwaitEnd(payload.code, "")
    case .sent:
      state = .finished(payload.code, payload.reason)
      return role == .server ? .end : .awaitEnd
    case .finished, .transportClosed: return .nothing
    }
  }

  /// The peer broke a rule: fail the connection (RFC 6455 §7.1.7).
  mutating func fail(_ violation: ProtocolViolation) -> Action {
    switch state {
    case .open:
      state = .finished(violation.code, violation.reason)
      return .sendAndEnd(violation.code, violation.reason)
    case .sent:
      state = .finished(violation.code, violation.reason)
      return .end
    case .finished, .transportClosed: return .nothing
    }
  }

  /// The owner or a time limit drops the TCP connection; `code` and `reason` are what will be reported.
  mutating func drop(_ code: CloseCode, _ reason: String) {
    switch state {
    case .open, .sent: state = .finished(code, reason)
    case .finished, .transportClosed: break
    }
  }

  /// The TCP connection is gone. Returns what to report, the first time.
  mutating func transportEnded() -> (code: CloseCode, reason: String)? {
    defer { state = .transportClosed }
    switch state {
    case .open, .sent: return (.abnormal, "the TCP connection ended without a Close frame")
    case .finished(let code, let reason): return (code, reason)
    case .transportClosed: return nil
    }
  }
}
