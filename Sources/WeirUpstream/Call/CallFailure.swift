internal import WeirWire

/// The errors of calls that no provider worded, each in one place.
struct CallFailure: Sendable {
  /// The endpoint's name, as the operator knows it.
  let endpoint: String

  func tooSlow(_ limit: CallDeadlines.Limit, _ timeouts: CallTimeouts) -> ProviderFailure {
    let sentence =
      switch limit {
      case .firstToken: "\(name) gave nothing within \(timeouts.firstToken). Try again."
      case .stall, .drain: "\(name) fell silent for \(timeouts.stall). Continue the answer or ask again."
      case .total: "\(name) did not end its answer within \(timeouts.total). Continue it or ask for less."
      }
    return timedOut(sentence)
  }

  func connectTimeout(_ timeouts: CallTimeouts) -> ProviderFailure {
    timedOut("\(name) took no connection within \(timeouts.connect). Try again.")
  }

  var brokeOff: ProviderFailure {
    failed("\(name) broke off in the middle of the answer. Continue it or ask again.")
  }

  var saidNothing: ProviderFailure {
    failed("\(name) closed the connection without an answer. Try again.")
  }

  func unreachable(_ why: String) -> ProviderFailure {
    failed("\(name) cannot be reached (\(why)). Try again, or tell the operator.")
  }

  var notUnderstood: ProviderFailure {
    failed("\(name) sent what is no answer of its API. Try again, or tell the operator.")
  }

  func tooLargeEvent(bytes: Int) -> ProviderFailure {
    failed("\(name) sent an event of more than \(bytes) bytes. Tell the operator.")
  }

  var webPage: ProviderFailure {
    rejected("\(name) answers with a web page. Ask the operator to correct its URL.")
  }

  func untrusted(_ why: String) -> ProviderFailure {
    rejected("\(name) cannot be trusted (\(why)). Ask the operator to see to certificates.")
  }

  private var name: String { ProviderRefusal.name(endpoint) }

  private func failed(_ sentence: String) -> ProviderFailure {
    ProviderFailure(WeirError(code: .upstreamFailed, message: sentence, retryable: true), .retryable)
  }

  private func timedOut(_ sentence: String) -> ProviderFailure {
    ProviderFailure(WeirError(code: .upstreamTimeout, message: sentence, retryable: true), .retryable)
  }

  private func rejected(_ sentence: String) -> ProviderFailure {
    ProviderFailure(WeirError(code: .upstreamRejected, message: sentence), .rejected(keyIsBad: false))
  }

  /// Tools or forms of the answer that are not what they should be.
  static let unusableParameters = WeirError(
    code: .invalidArgument,
    message: "The tools, the choice of a tool or the response format are no JSON in OpenAI's form. Correct them.")

  static func unknownModel(_ name: String, known: [String]) -> WeirError {
    WeirError(
      code: .invalidArgument,
      message: "There is no model \"\(name)\". Choose one of: \(known.joined(separator: ", ")).")
  }

  static func noRoom(_ model: String, retryAfterMs: UInt32) -> WeirError {
    WeirError(
      code: .overloaded,
      message: "Too many answers already wait for model \"\(model)\". Try again in \((retryAfterMs + 999) / 1000) s.",
      retryable: true, retryAfterMs: retryAfterMs)
  }

  static let shuttingDown = WeirError(
    code: .shuttingDown, message: "The server is stopping. Connect again in a few seconds, then ask again.",
    retryable: true, retryAfterMs: 2000)

  static let duplicateCall = WeirError(
    code: .internal, message: "The server gave one number to two answers. Ask again, and tell the operator.",
    retryable: true)

  static func outOfResources(_ why: String) -> WeirError {
    WeirError(
      code: .overloaded, message: "The server could not start the call (\(why)). Try again in a few seconds.",
      retryable: true, retryAfterMs: 5000)
  }
}
