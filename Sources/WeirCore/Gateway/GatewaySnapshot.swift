package import WeirWire

/// The gateway at a moment, for the admin page and the metrics.
package struct GatewaySnapshot: Sendable, Equatable {
  package struct Pool: Sendable, Equatable {
    package var model: String
    package var lanes: [LaneQueue.LaneFigures]
    /// Names, best priority first.
    package var endpoints: [String]
    /// Places at the endpoints in use.
    package var slots: Int
    /// Why those who wait do so.
    package var reason: QueueReason
    /// The probability with which the client-side throttle holds attempts back.
    package var throttle: Double
    /// First tokens later than this are hedged; nil: not known, or not wanted.
    package var hedgeAfter: Interval?
  }

  package struct Endpoint: Sendable, Equatable {
    package var name: String
    package var breaker: CircuitBreaker.State
    /// It ends its calls and gets no more.
    package var isDraining: Bool
    package var limit: Int
    package var inFlight: Int
    /// Smoothed time to the first token; nil: not measured.
    package var firstTokenSeconds: Double?
    /// All its keys are held by the provider's wish until then.
    package var heldUntil: MonotonicTime?
    package var keys: Int
    package var keysSetAside: Int
    package var remainingRequests: Int?
    package var remainingTokens: Int?
    package var totals: EndpointTotals
  }

  package struct Call: Sendable, Equatable {
    package var callID: CallID
    package var model: String
    package var lane: Int
    /// Since it was submitted.
    package var age: Interval
    package var attempts: Int
    /// Where it runs; nil: it waits.
    package var endpoint: String?
  }

  package var pools: [Pool]
  package var endpoints: [Endpoint]
  /// Second attempts that are allowed now, of the most that recent traffic could have saved up.
  package var retryBudgetLeft: Int
  package var retryBudgetMost: Int
  package var totals: GatewayTotals
  /// The calls that have been here longest, oldest first.
  package var slowest: [Call]
}

extension Gateway {
  /// Calls of a lane that wait and that hold a place, of all models together.
  package func counts(lane: Int) -> (waiting: Int, running: Int) {
    var sum = (waiting: 0, running: 0)
    for pool in pools {
      let counts = pool.queue.counts(lane: lane)
      sum.waiting += counts.waiting
      sum.running += counts.running
    }
    return sum
  }

  /// How an endpoint stands; nil: there is none of that name.
  package func health(of name: String) -> (breaker: CircuitBreaker.State, limit: Int, inFlight: Int)? {
    guard let index = endpointOf[name] else { return nil }
    return (endpoints[index].breaker.state, endpoints[index].slots, endpoints[index].inFlight)
  }

  /// Second attempts that are allowed now.
  package var retryBudgetLeft: Int { budget.remaining }

  /// All figures now. Costs a step per call: for people and scrapers, not for every wake-up.
  package mutating func snapshot(now: MonotonicTime, slowest count: Int = 10) -> GatewaySnapshot {
    _ = budget.hasOne(now: now)
    return GatewaySnapshot(
      pools: pools.indices.filter { !pools[$0].isRemoved }.map { pool($0, now) },
      endpoints: endpoints.indices.map { endpoint(endpoints[$0], now) }, retryBudgetLeft: budget.remaining,
      retryBudgetMost: budget.most,
      totals: totals, slowest: slowest(count, now))
  }

  private mutating func pool(_ index: Int, _ now: MonotonicTime) -> GatewaySnapshot.Pool {
    let throttle = pools[index].throttle.probability(now: now)
    let pool = pools[index]
    return GatewaySnapshot.Pool(
      model: pool.settings.model, lanes: pool.queue.figures(now: now),
      endpoints: pool.tiers.flatMap { $0 }.map { endpoints[$0].settings.name }, slots: slots(index, now),
      reason: pool.situation.reason, throttle: throttle,
      hedgeAfter: pool.settings.hedgeAfterShare.flatMap { pool.firstTokens.percentile($0) })
  }

  private func endpoint(_ health: EndpointHealth, _ now: MonotonicTime) -> GatewaySnapshot.Endpoint {
    GatewaySnapshot.Endpoint(
      name: health.settings.name, breaker: health.breaker.state, isDraining: health.isDraining, limit: health.slots,
      inFlight: health.inFlight, firstTokenSeconds: health.latency.seconds, heldUntil: health.heldUntil(now: now),
      keys: health.settings.keys.count, keysSetAside: health.keys.count { $0.isAside(now: now) },
      remainingRequests: health.remainingRequests(now: now), remainingTokens: health.remainingTokens(now: now),
      totals: health.totals)
  }

  private func slowest(_ count: Int, _ now: MonotonicTime) -> [GatewaySnapshot.Call] {
    var oldest: [(callID: CallID, since: MonotonicTime)] = []
    for (callID, call) in calls {
      if oldest.count == count, let last = oldest.last, last.since <= call.submittedAt { continue }
      let place = oldest.firstIndex { ($0.since, $0.callID) > (call.submittedAt, callID) } ?? oldest.count
      oldest.insert((callID, call.submittedAt), at: place)
      if oldest.count > count { oldest.removeLast() }
    }
    return oldest.compactMap { entry in
      guard let call = calls[entry.callID] else { return nil }
      let running = call.live.first.flatMap { attempts[$0] }.flatMap { endpoints.get($0.endpoint)?.settings.name }
      return GatewaySnapshot.Call(
        callID: entry.callID, model: pools[call.pool].settings.model, lane: call.lane ?? call.queued.lane,
        age: now.since(call.submittedAt), attempts: call.attempts, endpoint: running)
    }
  }
}
