import WeirCore
import WeirStore
import WeirUpstream
import WeirWire

extension Backend {
  /// How the server stands, for those who watch it. Not `isWhole`: only what can change for the better or worse, which
  /// asks the providers' thread and no shard.
  func watchedState(isWhole: Bool) async -> ServerState {
    let state = await state(isDraining: false, ofShards: isWhole)
    var watched = ServerState(state, timeMs: WallClock.nowMs())
    watched.fault = fault ?? ""
    watched.memory = MemoryState(
      residentBytes: UInt64(ProcessMetrics.residentBytes ?? 0),
      accountedBytes: UInt64(max(0, metrics.memoryAccounted.current)), limitBytes: UInt64(max(0, memoryLimit)))
    if isWhole { addFigures(to: &watched) }
    return watched
  }

  private func addFigures(to state: inout ServerState) {
    refreshMetrics()
    state.connections = UInt32(clamping: metrics.connectionsOpen.current)
    state.turnsWaiting = UInt32(clamping: metrics.turnsQueued.current)
    state.turnsRunning = UInt32(clamping: metrics.turnsRunning.current)
    state.turnsFinished = metrics.turnsFinished.total
    state.turnsFailed = metrics.turnsFailed.total
    state.answerBytes = metrics.deltaBytes.total
    state.firstToken = Durations(metrics.timeToFirstToken)
    state.commits = Durations(metrics.journalCommit)
    state.committedEntries = metrics.journalEntries.total
    let endpoints = upstream.metrics.endpoints
    state.answerPieces = endpoints.reduce(0) { $0 &+ $1.deltas.total }
    state.attempts = UpstreamOutcome.allCases.map { outcome in
      OutcomeCount(outcome: outcome.rawValue, count: endpoints.reduce(0) { $0 &+ $1.ended[outcome].total })
    }
  }
}

extension ServerState {
  /// What the admin's state has too.
  fileprivate init(_ state: AdminState, timeMs: UInt64) {
    self.init(timeMs: timeMs, version: state.version, uptimeMs: UInt64(clamping: state.uptimeMs))
    users = UInt32(clamping: state.shards.reduce(0) { $0 + $1.sessions })
    retryBudgetLeft = UInt32((min(1, max(0, state.retryBudgetLeft)) * 1000).rounded(.up))
    lanes = state.lanes.map { lane in
      LaneState(
        name: lane.name, waiting: UInt32(clamping: lane.waiting), running: UInt32(clamping: lane.running),
        oldestWaitMs: UInt64(clamping: lane.oldestWaitMs))
    }
    endpoints = state.endpoints.map(EndpointState.init)
    plans = (state.plans ?? []).map(PlanState.init)
    slowestTurns = state.slowestTurns.map { turn in
      SlowTurn(
        user: turn.user, turnID: turn.turnID, model: turn.model, lane: turn.lane, running: turn.state == "running",
        ageMs: UInt64(clamping: turn.ageMs), answerBytes: UInt64(clamping: turn.answerBytes))
    }
  }
}

extension EndpointState {
  fileprivate init(_ endpoint: AdminState.Endpoint) {
    self.init(
      pool: endpoint.pool, name: endpoint.name, condition: EndpointCondition(state: endpoint.state),
      limit: UInt32(clamping: endpoint.limit), inFlight: UInt32(clamping: endpoint.inFlight),
      firstTokenMs: UInt32(clamping: endpoint.latencyMs ?? 0), heldForMs: UInt64(clamping: endpoint.heldForMs),
      remainingRequests: endpoint.remainingRequests.map { UInt64(clamping: $0) },
      remainingTokens: endpoint.remainingTokens.map { UInt64(clamping: $0) })
  }
}

extension EndpointCondition {
  fileprivate init(state: String) {
    switch state {
    case "open": self = .failing
    case "half-open": self = .probed
    case "held": self = .held
    default: self = .well
    }
  }
}

extension PlanState {
  fileprivate init(_ plan: AdminState.Plan) {
    self.init(
      name: plan.name, turnsPerMinute: UInt64(clamping: plan.turnsPerMinute ?? 0),
      turnsAtOnce: UInt64(clamping: plan.turnsAtOnce ?? 0), tokensPerDay: plan.tokensPerDay ?? 0,
      tokensPerMonth: plan.tokensPerMonth ?? 0, users: UInt32(clamping: plan.users), tokensToday: plan.tokensToday,
      tokensThisMonth: plan.tokensThisMonth, mostTokensToday: plan.mostTokensToday,
      mostTokensThisMonth: plan.mostTokensThisMonth, usersUsedUp: UInt32(clamping: plan.usersUsedUp))
  }
}

extension Durations {
  fileprivate init(_ histogram: Histogram) {
    let snapshot = histogram.snapshot
    var before: UInt64 = 0
    var buckets: [DurationBucket] = []
    for (index, count) in snapshot.cumulative.enumerated() {
      let bound = histogram.bounds.indices.contains(index) ? histogram.bounds[index] / 1000 : 0
      buckets.append(DurationBucket(atMostUs: bound, count: count &- before))
      before = count
    }
    self.init(buckets: buckets, sumUs: snapshot.sumNanoseconds / 1000)
  }
}
