package import WeirWire

/// The refusals of the core, each in one place: a stable code, a sentence that says what to do, and whether the same
/// request can succeed later (rule 8).
package enum Refusal {
  package static func invalid(_ sentence: String) -> WeirError {
    WeirError(code: .invalidArgument, message: sentence)
  }

  package static let notTheOperator = WeirError(
    code: .permissionDenied,
    message: "Only the operator may watch the server. Connect to /admin/watch with the operator's secret.")

  package static func tooLarge(_ what: String, bytes: Int, limit: Int) -> WeirError {
    WeirError(
      code: .tooLarge,
      message: "\(what) has \(bytes) bytes and may have at most \(limit). Shorten it and send it again.")
  }

  package static func noConversation(_ id: ConversationID) -> WeirError {
    WeirError(
      code: .notFound, message: "There is no conversation \"\(id)\". List the conversations, or open it to make it.")
  }

  package static func noTurn(_ id: TurnID) -> WeirError {
    WeirError(code: .notFound, message: "Turn \(id) is not waiting or running. Read the history to see its end.")
  }

  package static func staleRevision(expected: UInt64, current: UInt64) -> WeirError {
    WeirError(
      code: .staleRevision,
      message: "The conversation is at revision \(current), not \(expected). Read what is new, then send again.",
      revision: current)
  }

  package static let turnRunning = WeirError(
    code: .turnRunning, message: "An answer is running in this conversation. Stop it or wait for its end.",
    retryable: true)

  package static func tooManyWaiting(limit: Int) -> WeirError {
    WeirError(
      code: .rateLimited,
      message: "\(limit) messages already wait in this conversation. Wait for an answer, then send again.",
      retryable: true, retryAfterMs: 5000)
  }

  package static func tooManyRequests(limit: Int) -> WeirError {
    WeirError(
      code: .rateLimited, message: "\(limit) of your requests are under way. Wait for replies, then send again.",
      retryable: true, retryAfterMs: 1000)
  }

  /// A limit of the user's own.
  package static func atLimit(_ limit: LimitState, _ sentence: String, retryAfterMs: UInt32) -> WeirError {
    WeirError(
      code: .rateLimited, message: "\(sentence) Try again in \(duration(ms: UInt64(retryAfterMs))).", retryable: true,
      retryAfterMs: retryAfterMs, limit: limit)
  }

  /// The user's tokens do not suffice for the turn.
  package static func budgetUsedUp(_ limit: LimitState, _ span: String, needed: UInt64) -> WeirError {
    let left =
      limit.remaining == 0
      ? "Your \(limit.limit) tokens for \(span) are used up or held by running turns."
      : "Of your \(limit.limit) tokens for \(span) \(limit.remaining) are left, and this turn may need \(needed)."
    return WeirError(
      code: .budgetExceeded, message: "\(left) Come back in \(duration(ms: limit.resetAfterMs)).", retryable: true,
      retryAfterMs: UInt32(clamping: limit.resetAfterMs), limit: limit)
  }

  private static func duration(ms: UInt64) -> String {
    let seconds = (ms + 999) / 1000
    if seconds < 120 { return "\(seconds) s" }
    if seconds < 7200 { return "\((seconds + 59) / 60) min" }
    return "\((seconds + 3599) / 3600) h"
  }

  package static func unknownLane(_ name: String, known: [String]) -> WeirError {
    WeirError(
      code: .invalidArgument,
      message: "There is no lane \"\(name)\" here. Choose one of: \(known.joined(separator: ", ")).")
  }

  package static func laneNotAllowed(_ name: String, allowed: [String]) -> WeirError {
    WeirError(
      code: .permissionDenied,
      message: "Your token does not allow the lane \"\(name)\". Choose one of: \(allowed.joined(separator: ", ")).")
  }

  package static func modelNotAllowed(_ name: String, allowed: [String]) -> WeirError {
    WeirError(
      code: .permissionDenied,
      message: "Your plan does not allow the model \"\(name)\". Choose one of: \(allowed.joined(separator: ", ")).")
  }

  package static let tooLate = WeirError(
    code: .deadlineExceeded, message: "The answer could not begin in its time, and nothing was spent. Ask again.",
    retryable: true, retryAfterMs: 5000)

  package static let badTools = invalid(
    "The tools are no JSON array of at most 64 KiB. Write them in OpenAI's form and send again.")

  package static func noToolCall(_ id: String) -> WeirError {
    invalid("The last answer asks for no tool with the call id \"\(id)\". Send results of its own calls only.")
  }

  package static let memoryFull = WeirError(
    code: .overloaded, message: "The server is at its memory limit and takes no new work. Try again in a few seconds.",
    retryable: true, retryAfterMs: 5000)

  package static let memoryShort = WeirError(
    code: .overloaded,
    message: "The server ran short of memory and ended this answer. What had come is kept: continue it in a while.",
    retryable: true, retryAfterMs: 10_000)

  package static func notSaved(_ reason: String) -> WeirError {
    WeirError(
      code: .notSaved, message: "The server could not save this: \(reason) Send it again with the same id.",
      retryable: true, retryAfterMs: 5000)
  }

  package static func cannotRead(_ reason: String) -> WeirError {
    WeirError(
      code: .internal,
      message: "The server could not read its store: \(reason) Try again; if it stays, tell the operator.",
      retryable: true, retryAfterMs: 1000)
  }

  package static func unknownModel(_ model: String, known: [String]) -> WeirError {
    WeirError(
      code: .invalidArgument,
      message: "There is no model \"\(model)\" here. Choose one of: \(known.joined(separator: ", ")).")
  }

  package static let nothingToContinue = WeirError(
    code: .notFound, message: "The last answer is whole, or there is none: nothing to continue. Send a message instead."
  )

  package static let nothingToRegenerate = WeirError(
    code: .notFound, message: "The conversation has no message to answer again. Send a message first.")

  package static let interrupted = WeirError(
    code: .interrupted,
    message: "The server stopped while this answer ran. What had come is kept: continue it, or ask again.",
    retryable: true)

  package static let abandoned = WeirError(
    code: .abandoned, message: "No device was listening, so the answer was stopped. Continue it to get the rest.",
    retryable: true)

  package static let shuttingDown = WeirError(
    code: .shuttingDown, message: "The server is shutting down. Connect again in a few seconds.", retryable: true,
    retryAfterMs: 2000)
}
