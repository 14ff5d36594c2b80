/// Names one attempt of a call, unique within a gateway.
package typealias AttemptID = UInt64

/// A call as it is offered to the gateway.
package struct GatewayCall: Sendable, Equatable {
  package var callID: CallID
  package var user: UserID
  /// The pool.
  package var model: String
  package var lane: Int
  /// Tokens: prompt and expected answer.
  package var cost: Int
  /// Memory it holds while it waits.
  package var bytes: Int
  package var startBy: MonotonicTime?
  /// Whether another endpoint may go on with an answer that broke off.
  package var mayResumeElsewhere: Bool

  package init(
    callID: CallID, user: UserID, model: String, lane: Int = 0, cost: Int = 1, bytes: Int = 0,
    startBy: MonotonicTime? = nil, mayResumeElsewhere: Bool = false
  ) {
    self.callID = callID
    self.user = user
    self.model = model
    self.lane = lane
    self.cost = max(1, cost)
    self.bytes = max(0, bytes)
    self.startBy = startBy
    self.mayResumeElsewhere = mayResumeElsewhere
  }
}

/// What became of an offered call.
package enum GatewayAdmission: Sendable, Equatable {
  /// It waits, if only until the next `poll`.
  case admitted
  case unknownModel
  /// A call with this id is known already.
  case duplicate
  /// The waiting room is full; there may be room after so many milliseconds.
  case full(retryAfterMs: UInt32)
  /// None of the model's endpoints has a key that its provider takes.
  case noUsableKey
}

/// How an attempt ended.
package enum AttemptOutcome: Sendable, Equatable {
  case finished
  /// The provider has no room (429 and the like). `retryAfter`: when it wants to be asked again, if it said.
  case overloaded(retryAfter: Interval?)
  /// The provider does not want this call, or not with this key. It would not want it a second time.
  case rejected(keyIsBad: Bool)
  /// It failed before anything of the answer came. `isRetryable`: another attempt may do better.
  case failedBeforeFirst(isRetryable: Bool)
  /// It broke off in the middle of its answer. `isResumable`: what came can be handed to another endpoint to go on
  /// with.
  case failedAfterFirst(isResumable: Bool)
  /// It was ended from this side.
  case cancelled
}

/// What the end of an attempt means for its call.
package enum AttemptVerdict: Sendable, Equatable {
  /// The call has ended as the attempt did: tell its user.
  case ends
  /// Nothing to tell: another attempt is under way or will be made, or the call is gone already.
  case goesOn
  /// Something of the answer was told already; another endpoint will go on with it.
  case resumes
}

/// Why a call ends that no attempt ended.
package enum GatewayFailure: Sendable, Equatable {
  /// It could not start in its time. `attempts`: so many were made.
  case deadline(attempts: Int)
  /// Its answer broke off, and could not be gone on with in time.
  case resumeTooLate
  case noUsableKey
  /// The model is no longer configured.
  case modelRemoved
}

/// An attempt that is to be made now.
package struct AttemptStart: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case first
    /// The one before failed.
    case retry
    /// The one before is late, and goes on: whichever answers first is taken.
    case hedge
    /// Goes on with an answer that broke off at the named endpoint.
    case resume(from: String)
  }

  package var callID: CallID
  package var attempt: AttemptID
  package var kind: Kind
  package var endpoint: String
  /// The number of the key to use; 0 if the endpoint has none.
  package var key: UInt64
  /// The lane it waited in, and for how long. Not for hedges: they do not wait.
  package var lane: Int
  package var waited: Interval
  /// By how much what its user was told of the wait was wrong; nil: nothing was told.
  package var estimateError: Interval?
}

/// What is to be done.
package enum GatewayAction: Sendable, Equatable {
  case start(AttemptStart)
  /// The attempt is no longer wanted: cut it, and report its end as cancelled.
  case abort(AttemptID)
  case notice(QueueNotice)
  case fail(CallID, GatewayFailure)
}

/// A change of state that an operator wants to know of.
package enum GatewayEvent: Sendable, Equatable {
  case breakerOpened(endpoint: String, until: MonotonicTime)
  case breakerClosed(endpoint: String)
  /// The provider does not take the key.
  case keySetAside(endpoint: String, key: UInt64)
  /// The provider wants to be left alone for a while.
  case keyHeld(endpoint: String, key: UInt64, until: MonotonicTime)
  /// How many calls it gets at once went down.
  case limitLowered(endpoint: String, from: Int, to: Int)
  /// An endpoint that is no longer configured has ended its last call.
  case endpointDrained(endpoint: String)
}
