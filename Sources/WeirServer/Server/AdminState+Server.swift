import WeirCore
import WeirUpstream

extension Backend {
  private static var slowestShown: Int { 10 }

  /// How the server stands. Not `ofShards`: without users, turns and plans, and no shard is asked.
  func state(isDraining: Bool, ofShards: Bool = true) async -> AdminState {
    let uptime = ContinuousClock.now - started
    var state = AdminState(
      version: WeirServer.version, uptimeMs: Int(clamping: Interval(uptime).nanoseconds / 1_000_000))
    state.isDraining = isDraining
    for shard in ofShards ? shards : [] {
      let snapshot = await shard.snapshot(slowest: Self.slowestShown)
      state.shards.append(
        .init(index: shard.index, sessions: snapshot.sessions, devices: snapshot.devices, turns: snapshot.turns))
      state.slowestTurns += snapshot.slowest.map(AdminState.SlowTurn.init)
      state.add(snapshot.plans)
    }
    if let (gateway, now) = await upstream.state(slowest: 0) { state.add(gateway, now) }
    state.slowestTurns.sort { $0.ageMs > $1.ageMs }
    state.slowestTurns = Array(state.slowestTurns.prefix(Self.slowestShown))
    return state
  }
}

extension AdminState.Plan {
  /// A plan of which nothing has been used.
  fileprivate init(_ plan: WeirCore.Plan) {
    self.init(name: plan.name)
    turnsPerMinute = plan.turnsPerMinute
    turnsAtOnce = plan.turnsAtOnce
    tokensPerDay = plan.tokensPerDay
    tokensPerMonth = plan.tokensPerMonth
  }
}

extension AdminState {
  fileprivate mutating func add(_ plans: [ShardSnapshot.PlanUse]) {
    var all = self.plans ?? []
    for use in plans {
      let place = all.firstIndex { $0.name == use.plan.name } ?? all.endIndex
      if place == all.endIndex { all.append(Plan(use.plan)) }
      all[place].users += use.users
      all[place].tokensToday &+= use.dayTokens
      all[place].tokensThisMonth &+= use.monthTokens
      all[place].mostTokensToday = max(all[place].mostTokensToday, use.mostDayTokens)
      all[place].mostTokensThisMonth = max(all[place].mostTokensThisMonth, use.mostMonthTokens)
      all[place].usersUsedUp += use.usersUsedUp
    }
    self.plans = all
  }

  fileprivate mutating func add(_ gateway: GatewaySnapshot, _ now: MonotonicTime) {
    for pool in gateway.pools {
      for (index, lane) in pool.lanes.enumerated() {
        if !lanes.indices.contains(index) { lanes.append(Lane(name: lane.name)) }
        lanes[index].waiting += lane.waiting
        lanes[index].running += lane.running
        lanes[index].oldestWaitMs = max(lanes[index].oldestWaitMs, lane.oldestWait.wholeMs)
      }
      for name in pool.endpoints {
        guard let endpoint = gateway.endpoints.first(where: { $0.name == name }) else { continue }
        endpoints.append(Endpoint(endpoint, of: pool.model, now))
      }
    }
    let most = max(1, gateway.retryBudgetMost)
    retryBudgetLeft = min(1, Double(gateway.retryBudgetLeft) / Double(most))
  }
}

extension AdminState.Endpoint {
  fileprivate init(_ endpoint: GatewaySnapshot.Endpoint, of pool: String, _ now: MonotonicTime) {
    var until = endpoint.heldUntil
    let state: String
    switch endpoint.breaker {
    case .closed: state = until.map { $0 > now } ?? false ? "held" : "closed"
    case .halfOpen: state = "half-open"
    case .open(let end):
      state = "open"
      until = max(end, until ?? end)
    }
    self.init(
      pool: pool, name: endpoint.name, state: state, limit: endpoint.limit, inFlight: endpoint.inFlight,
      latencyMs: endpoint.firstTokenSeconds.map { Int($0 * 1000) }, heldForMs: until?.since(now).wholeMs ?? 0,
      remainingRequests: endpoint.remainingRequests, remainingTokens: endpoint.remainingTokens)
  }
}

extension Interval {
  fileprivate var wholeMs: Int { Int(clamping: nanoseconds / 1_000_000) }
}

extension AdminState.SlowTurn {
  fileprivate init(_ turn: ShardSnapshot.LiveTurn) {
    self.init(
      user: turn.user, turnID: turn.turnID, model: turn.model, lane: turn.lane,
      state: turn.hasBegun ? "running" : "waiting", ageMs: Int(clamping: turn.age.nanoseconds / 1_000_000),
      answerBytes: turn.answerBytes)
  }
}
