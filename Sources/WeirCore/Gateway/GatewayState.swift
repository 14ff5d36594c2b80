/// A call from its admission to its end.
struct CallState: Sendable {
  let pool: Int
  let submittedAt: MonotonicTime
  var queued: QueuedCall
  let mayResumeElsewhere: Bool
  /// The lane whose place it holds; nil: it holds none.
  var lane: Int?
  /// When it got that place.
  var startedAt = MonotonicTime.zero
  var attempts = 0
  /// Attempts under way, aborted ones left out: one, or two with a hedge.
  var live: [AttemptID] = []
  /// The attempt whose answer its user gets.
  var winner: AttemptID?
  /// The endpoint that failed last: another is better.
  var avoids: Int?
  /// The endpoint at which the answer broke off that another is to go on with.
  var brokeOffAt: String?
}

/// One attempt of a call.
struct Attempt: Sendable {
  let id: AttemptID
  let callID: CallID
  let pool: Int
  let endpoint: Int
  let key: UInt64
  let cost: Int
  let isProbe: Bool
  let isHedge: Bool
  let startedAt: MonotonicTime
  /// Calls under way at the endpoint then, this one included.
  let atStart: Int
  /// What had been spent on the key then, with this one.
  let requestsThen: Int
  let tokensThen: Int
  var isAnswered = false
  var isAborted = false
}

/// A model's queue and the endpoints that serve it.
struct Pool: Sendable {
  var settings: PoolSettings
  /// Indices of its endpoints, by priority, each with others of its own.
  var tiers: [[Int]] = []
  var queue: LaneQueue
  var throttle: AdaptiveThrottle
  var throttledUntil = MonotonicTime.zero
  var firstTokens = FirstTokenTimes()
  /// Why those who wait do so.
  var situation = QueueSituation(slots: 1)
  /// Calls that wait or run.
  var calls = 0
  var isRemoved = false
}

/// What the gateway has done so far.
package struct GatewayTotals: Sendable, Equatable {
  package var firstAttempts = 0
  package var retries = 0
  package var hedges = 0
  /// Hedges that answered first.
  package var hedgesWon = 0
  package var resumes = 0
  /// Attempts that the client-side throttle put off.
  package var throttled = 0
  package var expired = 0
  package var refused = 0
}
