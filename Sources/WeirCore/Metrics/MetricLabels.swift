import WeirWire

/// Why a connection ended, by its close code (RFC 6455 §7.4).
package enum CloseClass: String, MetricLabel {
  /// 1000, or 1001 from the peer.
  case normal
  /// 1001 or 1012 from the server: it stops.
  case goingAway = "going_away"
  /// 1002, 1003, 1007, 1010: the peer broke the protocol.
  case protocolError = "protocol_error"
  /// 1008 or a 4xxx: the peer broke a rule of the server's.
  case policy
  /// 1009.
  case tooBig = "too_big"
  /// 1011, 1013, 1014: the server could not go on.
  case serverError = "server_error"
  /// The connection was lost without a close.
  case abnormal
  /// Another code.
  case other

  package static var labelName: String { "code_class" }
  package var index: Int { Self.index(of: self) }

  /// The class of a close code; nil: there was none.
  package init(code: UInt16?, fromServer: Bool) {
    switch code {
    case nil, 1006: self = .abnormal
    case 1000, 1005: self = .normal
    case 1001: self = fromServer ? .goingAway : .normal
    case 1012: self = .goingAway
    case 1002, 1003, 1007, 1010: self = .protocolError
    case 1009: self = .tooBig
    case 1011, 1013, 1014: self = .serverError
    case 1008, .some(4000...4999): self = .policy
    default: self = .other
    }
  }
}

/// Why a connection was not upgraded to WebSocket.
package enum RefusalReason: String, MetricLabel {
  /// The request is not as RFC 6455 wants it.
  case malformed
  /// The page's origin is not allowed.
  case origin
  /// No token, or none that is good.
  case unauthenticated
  /// The user has too many devices, or the server too many connections.
  case limit
  /// The client's address has too many connections, or has shown too many bad tokens.
  case address
  /// Too many devices came at once while answers ran.
  case crowd
  /// The server is about to stop.
  case draining
  /// The request took too long.
  case timeout

  package static var labelName: String { "reason" }
  package var index: Int { Self.index(of: self) }
}

/// Which of an address's limits refused a connection or a token.
package enum AddressLimitName: String, MetricLabel {
  case connectionRate = "connection_rate"
  case connections
  case failedLogins = "failed_logins"

  package static var labelName: String { "limit" }
  package var index: Int { Self.index(of: self) }
}

/// Which of a user's limits refused a turn.
package enum LimitName: String, MetricLabel {
  case turnsPerMinute = "turns_per_minute"
  case turnsAtOnce = "turns_at_once"
  case tokensPerDay = "tokens_per_day"
  case tokensPerMonth = "tokens_per_month"

  package static var labelName: String { "limit" }
  package var index: Int { Self.index(of: self) }

  /// The limit that a refusal names.
  init(_ refusal: WeirError) { self = refusal.limit.flatMap { LimitName(rawValue: $0.name) } ?? .turnsAtOnce }
}

/// How a call to a provider ended.
package enum UpstreamOutcome: String, MetricLabel {
  case finished
  /// Stopped by the user, or because nobody listened.
  case cancelled
  /// Refused: the provider is at a limit.
  case overloaded
  /// Refused: key, model or request are wrong.
  case rejected
  /// Not in time: connecting, the first token, a stall, or the whole.
  case timeout
  /// Broken off, or not understood.
  case failed

  package static var labelName: String { "outcome" }
  package var index: Int { Self.index(of: self) }
}

extension MetricLabel {
  /// For labels with few values the search is a handful of comparisons.
  fileprivate static func index(of value: Self) -> Int {
    var index = 0
    for candidate in allCases {
      if candidate == value { return index }
      index += 1
    }
    return 0
  }
}
