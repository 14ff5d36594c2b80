package import WebSocket

extension ConnectionLoss {
  /// Why a connection did not open.
  package init(_ error: WebSocketClientError) {
    switch error {
    case .refused(let answer):
      self.init(
        kind: .refused(status: answer.status),
        error: WeirClientError(
          code: Self.code(status: answer.status), message: Self.sentence(answer),
          isRetryable: answer.status >= 500 || answer.status == 429, retryAfter: Self.retryAfter(answer),
          httpStatus: answer.status))
    case .timedOut:
      self.init(
        kind: .network,
        error: WeirClientError(code: .connectionFailed, message: Self.sentence(error), isRetryable: true))
    case .connectFailed(let host, let port, let reason):
      let sentence = "There is no connection to \(host):\(port): \(FailureReason.plain(reason))"
      self.init(
        kind: .network, error: WeirClientError(code: .connectionFailed, message: sentence, isRetryable: true))
    case .closedEarly(let reason):
      let sentence =
        reason.isEmpty
        ? "The server closed the connection before it was open; check that the URL is that of a WebSocket server."
        : "The connection ended before it was open: \(FailureReason.plain(reason))"
      self.init(
        kind: .network, error: WeirClientError(code: .connectionFailed, message: sentence, isRetryable: true))
    case .invalidURL, .invalidHeader:
      self.init(
        kind: .network, error: WeirClientError(code: .invalidArgument, message: Self.sentence(error)))
    case .invalidUpgrade:
      self.init(
        kind: .network, error: WeirClientError(code: .protocolViolation, message: Self.sentence(error)))
    }
  }

  /// How an open connection ended.
  package init(code: CloseCode, reason: String) {
    let why = reason.isEmpty ? "" : " (\(reason))"
    let (errorCode, sentence): (WeirClientError.Code, String) =
      switch code.rawValue {
      case 4401: (.unauthenticated, "The token is no longer valid\(why); connect with a new one.")
      case 4403: (.permissionDenied, "The server does not allow this connection\(why); ask its operator.")
      case 1002, 1003, 1007, 1010:
        (.protocolViolation, "The connection ended over a broken rule of the protocol, code \(code)\(why).")
      case 1009: (.tooLarge, "The server closed over a message that was too large\(why); send less at once.")
      case 1006: (.connectionLost, "The connection was lost\(why).")
      default: (.connectionLost, "The server closed the connection, code \(code)\(why).")
      }
    self.init(
      kind: .closed(code: code.rawValue),
      error: WeirClientError(code: errorCode, message: sentence, isRetryable: errorCode == .connectionLost))
  }

  private static func code(status: Int) -> WeirClientError.Code {
    switch status {
    case 401: .unauthenticated
    case 403: .permissionDenied
    case 429: .rateLimited
    case 503: .overloaded
    default: .upgradeRefused
    }
  }

  private static func sentence(_ answer: RefusedUpgrade) -> String {
    let body = answer.body.split(separator: "\n").joined(separator: " ")
    // A page of HTML is somebody else's, and nothing to read in a sentence.
    let isPage = body.drop { $0 == " " }.first == "<" || (200..<300).contains(answer.status)
    let said =
      isPage
      ? "; something else than a Weir server answers there: check host, port and path."
      : (body.isEmpty ? "" : ": \(body)")
    let whither = answer.headers["Location"].map { " It points to \($0)." } ?? ""
    return "The server refused the connection with HTTP \(answer.status) \(answer.reason)\(said)\(whither)"
  }

  /// RFC 9110 section 10.2.3, in seconds; a date is left aside. No server is believed beyond an hour.
  private static func retryAfter(_ answer: RefusedUpgrade) -> Duration? {
    guard let value = answer.headers["Retry-After"], let seconds = Int(value), seconds > 0 else { return nil }
    return .seconds(min(seconds, 3_600))
  }

  private static func sentence(_ error: WebSocketClientError) -> String {
    let text = error.description
    let capital = text.prefix(1).uppercased() + text.dropFirst()
    return capital.hasSuffix(".") ? capital : capital + "."
  }
}
