package import WeirWire

/// The refusals of the core, each in one place: a stable code, a sentence that says what to do, and whether the same
/// request can succeed later (rule 8).
package enum Refusal {
  package static func invalid(_ sentence: String) -> WeirError {
    WeirError(code: .invalidArgument, message: sentence)
  }

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
