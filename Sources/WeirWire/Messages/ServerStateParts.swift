/// A lane of the queue.
public struct LaneState: WireJSONMessage, Hashable {
  /// Its name.
  public var name: String
  /// Calls that wait in it for a place at a provider.
  public var waiting: UInt32
  /// Its calls that have a place.
  public var running: UInt32
  /// How long its first has waited, in milliseconds; 0: nothing waits.
  public var oldestWaitMs: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(name: String = "", waiting: UInt32 = 0, running: UInt32 = 0, oldestWaitMs: UInt64 = 0) {
    self.name = name
    self.waiting = waiting
    self.running = running
    self.oldestWaitMs = oldestWaitMs
  }
}

/// A provider's endpoint in one of the pools that it serves.
public struct EndpointState: WireJSONMessage, Hashable {
  /// The pool: the model that users ask for.
  public var pool: String
  /// The endpoint's name.
  public var name: String
  /// Whether it is given calls.
  public var condition: EndpointCondition
  /// Calls it gets at once; it adapts.
  public var limit: UInt32
  /// Calls it has.
  public var inFlight: UInt32
  /// Milliseconds to the first token, lately; 0: not known yet.
  public var firstTokenMs: UInt32
  /// It gets no call for so many milliseconds; 0: it does.
  public var heldForMs: UInt64
  /// Requests that the provider says are left; not set: it says nothing.
  public var remainingRequests: UInt64?
  /// Tokens that the provider says are left; not set: it says nothing.
  public var remainingTokens: UInt64?

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    pool: String = "", name: String = "", condition: EndpointCondition = .unspecified, limit: UInt32 = 0,
    inFlight: UInt32 = 0, firstTokenMs: UInt32 = 0, heldForMs: UInt64 = 0, remainingRequests: UInt64? = nil,
    remainingTokens: UInt64? = nil
  ) {
    self.pool = pool
    self.name = name
    self.condition = condition
    self.limit = limit
    self.inFlight = inFlight
    self.firstTokenMs = firstTokenMs
    self.heldForMs = heldForMs
    self.remainingRequests = remainingRequests
    self.remainingTokens = remainingTokens
  }
}

/// How many ended in one way.
public struct OutcomeCount: WireJSONMessage, Hashable {
  /// "finished", "cancelled", "overloaded", "rejected", "timeout" or "failed".
  public var outcome: String
  /// How many.
  public var count: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(outcome: String = "", count: UInt64 = 0) {
    self.outcome = outcome
    self.count = count
  }
}

/// A plan and what its users have used of it. Users count who are in memory with a device connected.
public struct PlanState: WireJSONMessage, Hashable {
  /// Its name.
  public var name: String
  /// Turns one user may begin a minute; 0: not limited.
  public var turnsPerMinute: UInt64
  /// Turns one user may have at once; 0: not limited.
  public var turnsAtOnce: UInt64
  /// Tokens one user may use a day; 0: not limited.
  public var tokensPerDay: UInt64
  /// Tokens one user may use a month; 0: not limited.
  public var tokensPerMonth: UInt64
  /// Users who are counted.
  public var users: UInt32
  /// Tokens that all of them have used today or hold for running turns.
  public var tokensToday: UInt64
  /// The same for the month.
  public var tokensThisMonth: UInt64
  /// What the one who used most has used today.
  public var mostTokensToday: UInt64
  /// What the one who used most has used this month.
  public var mostTokensThisMonth: UInt64
  /// Users who have nothing left today or this month.
  public var usersUsedUp: UInt32

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    name: String = "", turnsPerMinute: UInt64 = 0, turnsAtOnce: UInt64 = 0, tokensPerDay: UInt64 = 0,
    tokensPerMonth: UInt64 = 0, users: UInt32 = 0, tokensToday: UInt64 = 0, tokensThisMonth: UInt64 = 0,
    mostTokensToday: UInt64 = 0, mostTokensThisMonth: UInt64 = 0, usersUsedUp: UInt32 = 0
  ) {
    self.name = name
    self.turnsPerMinute = turnsPerMinute
    self.turnsAtOnce = turnsAtOnce
    self.tokensPerDay = tokensPerDay
    self.tokensPerMonth = tokensPerMonth
    self.users = users
    self.tokensToday = tokensToday
    self.tokensThisMonth = tokensThisMonth
    self.mostTokensToday = mostTokensToday
    self.mostTokensThisMonth = mostTokensThisMonth
    self.usersUsedUp = usersUsedUp
  }
}

/// A turn that has taken long.
public struct SlowTurn: WireJSONMessage, Hashable {
  /// Whose.
  public var user: String
  /// The turn; unique within the user.
  public var turnID: UInt64
  /// The model asked for.
  public var model: String
  /// The lane it waits or waited in.
  public var lane: String
  /// Its answer has begun.
  public var running: Bool
  /// Milliseconds since it was asked.
  public var ageMs: UInt64
  /// Bytes of its answer so far.
  public var answerBytes: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    user: String = "", turnID: UInt64 = 0, model: String = "", lane: String = "", running: Bool = false,
    ageMs: UInt64 = 0, answerBytes: UInt64 = 0
  ) {
    self.user = user
    self.turnID = turnID
    self.model = model
    self.lane = lane
    self.running = running
    self.ageMs = ageMs
    self.answerBytes = answerBytes
  }
}

/// Something of the server's state is not as it was.
public struct StateChange: WireJSONMessage, Hashable {
  /// Counts up from 1 with the server's start.
  public var number: UInt64
  /// When, in milliseconds since 1970-01-01 UTC.
  public var timeMs: UInt64
  /// What, in a sentence for people.
  public var text: String
  /// It is for the worse.
  public var trouble: Bool

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(number: UInt64 = 0, timeMs: UInt64 = 0, text: String = "", trouble: Bool = false) {
    self.number = number
    self.timeMs = timeMs
    self.text = text
    self.trouble = trouble
  }
}
