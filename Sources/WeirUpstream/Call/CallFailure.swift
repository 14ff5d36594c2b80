internal import WeirWire

/// The errors of calls that no provider worded, each in one place.
struct CallFailure: Sendable {
  /// The model as the user knows it.
  let model: String

  func tooSlow(_ limit: CallDeadlines.Limit, _ timeouts: CallTimeouts) -> WeirError {
    let sentence =
      switch limit {
      case .firstToken: "Model \"\(model)\" gave nothing within \(timeouts.firstToken). Try again."
      case .stall, .drain: "Model \"\(model)\" fell silent for \(timeouts.stall). Continue the answer or ask again."
      case .total: "Model \"\(model)\" did not end its answer within \(timeouts.total). Continue it or ask for less."
      }
    return WeirError(code: .upstreamTimeout, message: sentence, retryable: true)
  }

  func connectTimeout(_ timeouts: CallTimeouts) -> WeirError {
    WeirError(
      code: .upstreamTimeout,
      message: "The provider of model \"\(model)\" took no connection within \(timeouts.connect). Try again.",
      retryable: true)
  }

  var brokeOff: WeirError {
    failed("The provider of model \"\(model)\" broke off in the middle of the answer. Continue it or ask again.")
  }

  var saidNothing: WeirError {
    failed("The provider of model \"\(model)\" closed the connection without an answer. Try again.")
  }

  func unreachable(_ why: String) -> WeirError {
    failed("The provider of model \"\(model)\" cannot be reached (\(why)). Try again, or tell the operator.")
  }

  var notUnderstood: WeirError {
    failed("The provider of model \"\(model)\" sent what is no chat completion. Try again, or tell the operator.")
  }

  func tooLargeEvent(bytes: Int) -> WeirError {
    failed("The provider of model \"\(model)\" sent an event of more than \(bytes) bytes. Tell the operator.")
  }

  var webPage: WeirError {
    WeirError(
      code: .upstreamRejected,
      message: "The address of model \"\(model)\" answers with a web page. Ask the operator to correct its URL.")
  }

  func untrusted(_ why: String) -> WeirError {
    WeirError(
      code: .upstreamRejected,
      message: "The provider of model \"\(model)\" cannot be trusted (\(why)). Ask the operator to see to certificates."
    )
  }

  private func failed(_ sentence: String) -> WeirError {
    WeirError(code: .upstreamFailed, message: sentence, retryable: true)
  }

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
