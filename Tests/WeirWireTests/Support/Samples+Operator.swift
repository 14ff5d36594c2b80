import WeirWire

extension WatchServer: Sampled {
  typealias Generated = Weir_V1_WatchServer

  static func sample(_ random: inout SeededRandom) -> WatchServer {
    WatchServer(
      intervalMs: random.uint32())
  }
}

extension ServerState: Sampled {
  typealias Generated = Weir_V1_ServerState

  static func sample(_ random: inout SeededRandom) -> ServerState {
    ServerState(
      timeMs: random.uint64(), version: random.string(), uptimeMs: random.uint64(), fault: random.string(),
      connections: random.uint32(), users: random.uint32(), turnsWaiting: random.uint32(),
      turnsRunning: random.uint32(), turnsFinished: random.uint64(), turnsFailed: random.uint64(),
      answerPieces: random.uint64(), answerBytes: random.uint64(), firstToken: random.maybe { .sample(&$0) },
      commits: random.maybe { .sample(&$0) }, committedEntries: random.uint64(), memory: random.maybe { .sample(&$0) },
      retryBudgetLeft: random.uint32(), lanes: random.list { .sample(&$0) }, endpoints: random.list { .sample(&$0) },
      attempts: random.list { .sample(&$0) }, plans: random.list { .sample(&$0) },
      slowestTurns: random.list { .sample(&$0) }, changes: random.list { .sample(&$0) })
  }
}

extension Durations: Sampled {
  typealias Generated = Weir_V1_Durations

  static func sample(_ random: inout SeededRandom) -> Durations {
    Durations(
      buckets: random.list { .sample(&$0) }, sumUs: random.uint64())
  }
}

extension DurationBucket: Sampled {
  typealias Generated = Weir_V1_DurationBucket

  static func sample(_ random: inout SeededRandom) -> DurationBucket {
    DurationBucket(
      atMostUs: random.uint64(), count: random.uint64())
  }
}

extension MemoryState: Sampled {
  typealias Generated = Weir_V1_MemoryState

  static func sample(_ random: inout SeededRandom) -> MemoryState {
    MemoryState(
      residentBytes: random.uint64(), accountedBytes: random.uint64(), limitBytes: random.uint64())
  }
}

extension LaneState: Sampled {
  typealias Generated = Weir_V1_LaneState

  static func sample(_ random: inout SeededRandom) -> LaneState {
    LaneState(
      name: random.string(), waiting: random.uint32(), running: random.uint32(), oldestWaitMs: random.uint64())
  }
}

extension EndpointState: Sampled {
  typealias Generated = Weir_V1_EndpointState

  static func sample(_ random: inout SeededRandom) -> EndpointState {
    EndpointState(
      pool: random.string(), name: random.string(), condition: random.enumeration(), limit: random.uint32(),
      inFlight: random.uint32(), firstTokenMs: random.uint32(), heldForMs: random.uint64(),
      remainingRequests: random.maybe { $0.uint64() }, remainingTokens: random.maybe { $0.uint64() })
  }
}

extension OutcomeCount: Sampled {
  typealias Generated = Weir_V1_OutcomeCount

  static func sample(_ random: inout SeededRandom) -> OutcomeCount {
    OutcomeCount(
      outcome: random.string(), count: random.uint64())
  }
}

extension PlanState: Sampled {
  typealias Generated = Weir_V1_PlanState

  static func sample(_ random: inout SeededRandom) -> PlanState {
    PlanState(
      name: random.string(), turnsPerMinute: random.uint64(), turnsAtOnce: random.uint64(),
      tokensPerDay: random.uint64(), tokensPerMonth: random.uint64(), users: random.uint32(),
      tokensToday: random.uint64(), tokensThisMonth: random.uint64(), mostTokensToday: random.uint64(),
      mostTokensThisMonth: random.uint64(), usersUsedUp: random.uint32())
  }
}

extension SlowTurn: Sampled {
  typealias Generated = Weir_V1_SlowTurn

  static func sample(_ random: inout SeededRandom) -> SlowTurn {
    SlowTurn(
      user: random.string(), turnID: random.uint64(), model: random.string(), lane: random.string(),
      running: random.bool(), ageMs: random.uint64(), answerBytes: random.uint64())
  }
}

extension StateChange: Sampled {
  typealias Generated = Weir_V1_StateChange

  static func sample(_ random: inout SeededRandom) -> StateChange {
    StateChange(
      number: random.uint64(), timeMs: random.uint64(), text: random.string(), trouble: random.bool())
  }
}
