/// Asks for ServerState, now and again and again until the connection ends. Asking anew changes the interval.
public struct WatchServer: WireJSONMessage, Hashable {
  /// Milliseconds from one state to the next, 1000 to 60000; 0, and what is less, means 1000.
  public var intervalMs: UInt32

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(intervalMs: UInt32 = 0) {
    self.intervalMs = intervalMs
  }
}

/// How the server stands.
public struct ServerState: WireJSONMessage, Hashable {
  /// The server's clock: milliseconds since 1970-01-01 UTC.
  public var timeMs: UInt64
  /// The server software's version.
  public var version: String
  /// Since the server's start.
  public var uptimeMs: UInt64
  /// Why the store takes no writes; empty: it does.
  public var fault: String
  /// WebSocket connections that are open.
  public var connections: UInt32
  /// Users who are in memory.
  public var users: UInt32
  /// Turns that wait.
  public var turnsWaiting: UInt32
  /// Turns that are being answered.
  public var turnsRunning: UInt32
  /// Turns whose answer came to its end.
  public var turnsFinished: UInt64
  /// Turns that broke off.
  public var turnsFailed: UInt64
  /// Pieces of text that providers have sent; of most providers each is one token.
  public var answerPieces: UInt64
  /// Bytes of answer text that devices were sent.
  public var answerBytes: UInt64
  /// From a message's arrival to its answer's first text.
  public var firstToken: Durations?
  /// Group commits, the fsync included; there was one for each that is counted.
  public var commits: Durations?
  /// Entries that these commits put on disk.
  public var committedEntries: UInt64
  /// The process's memory.
  public var memory: MemoryState?
  /// Of the second attempts that recent traffic allows, what is left, in thousandths.
  public var retryBudgetLeft: UInt32
  /// The lanes, best first.
  public var lanes: [LaneState]
  /// The providers' endpoints, once for each pool that they serve.
  public var endpoints: [EndpointState]
  /// Attempts at providers that have ended, by how.
  public var attempts: [OutcomeCount]
  /// The plans, and what is used of them.
  public var plans: [PlanState]
  /// The turns that have taken longest so far, slowest first; a handful.
  public var slowestTurns: [SlowTurn]
  /// What has changed, oldest first: with the first state all that the server remembers, then what is new.
  public var changes: [StateChange]

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    timeMs: UInt64 = 0, version: String = "", uptimeMs: UInt64 = 0, fault: String = "", connections: UInt32 = 0,
    users: UInt32 = 0, turnsWaiting: UInt32 = 0, turnsRunning: UInt32 = 0, turnsFinished: UInt64 = 0,
    turnsFailed: UInt64 = 0, answerPieces: UInt64 = 0, answerBytes: UInt64 = 0, firstToken: Durations? = nil,
    commits: Durations? = nil, committedEntries: UInt64 = 0, memory: MemoryState? = nil, retryBudgetLeft: UInt32 = 0,
    lanes: [LaneState] = [], endpoints: [EndpointState] = [], attempts: [OutcomeCount] = [], plans: [PlanState] = [],
    slowestTurns: [SlowTurn] = [], changes: [StateChange] = []
  ) {
    self.timeMs = timeMs
    self.version = version
    self.uptimeMs = uptimeMs
    self.fault = fault
    self.connections = connections
    self.users = users
    self.turnsWaiting = turnsWaiting
    self.turnsRunning = turnsRunning
    self.turnsFinished = turnsFinished
    self.turnsFailed = turnsFailed
    self.answerPieces = answerPieces
    self.answerBytes = answerBytes
    self.firstToken = firstToken
    self.commits = commits
    self.committedEntries = committedEntries
    self.memory = memory
    self.retryBudgetLeft = retryBudgetLeft
    self.lanes = lanes
    self.endpoints = endpoints
    self.attempts = attempts
    self.plans = plans
    self.slowestTurns = slowestTurns
    self.changes = changes
  }
}

/// How long things took, as counts. They are sums: what a span of time adds is the difference of two.
public struct Durations: WireJSONMessage, Hashable {
  /// Ascending.
  public var buckets: [DurationBucket]
  /// All of them together, in microseconds.
  public var sumUs: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(buckets: [DurationBucket] = [], sumUs: UInt64 = 0) {
    self.buckets = buckets
    self.sumUs = sumUs
  }
}

/// Those that took no longer than this and longer than the bucket before.
public struct DurationBucket: WireJSONMessage, Hashable {
  /// The most that is in it, in microseconds; 0: there is no most.
  public var atMostUs: UInt64
  /// How many.
  public var count: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(atMostUs: UInt64 = 0, count: UInt64 = 0) {
    self.atMostUs = atMostUs
    self.count = count
  }
}

/// The process's memory, in bytes.
public struct MemoryState: WireJSONMessage, Hashable {
  /// What the system has given it.
  public var residentBytes: UInt64
  /// What it counts of logs, tails and queues.
  public var accountedBytes: UInt64
  /// How much may be counted before providers are paused and new work is refused.
  public var limitBytes: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(residentBytes: UInt64 = 0, accountedBytes: UInt64 = 0, limitBytes: UInt64 = 0) {
    self.residentBytes = residentBytes
    self.accountedBytes = accountedBytes
    self.limitBytes = limitBytes
  }
}
