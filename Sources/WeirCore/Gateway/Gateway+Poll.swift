internal import WeirWire

// What is to be done now.
extension Gateway {
  private static let throttlePause = Interval.milliseconds(250)

  /// Adds what is to be done now to `actions`, in order. Cheap when nothing has changed.
  package mutating func poll(now: MonotonicTime, into actions: inout [GatewayAction]) {
    for pool in pools.indices {
      for callID in pools[pool].queue.expire(now: now) { expired(callID, now) }
    }
    hedgeLateOnes(now)
    if !pools.isEmpty {
      turn = (turn + 1) % pools.count
      for offset in pools.indices { dispatch((turn + offset) % pools.count, now) }
    }
    for pool in pools.indices { tell(pool, now) }
    actions += pending
    pending.removeAll(keepingCapacity: true)
    polledAt = now
    hasNews = false
  }

  /// When `poll` wants to be called next if nothing happens before; it may be over. Nil: only when something has happened.
  package var nextDeadline: MonotonicTime? {
    mutating get {
      if hasNews || !pending.isEmpty { return polledAt }
      var next: MonotonicTime?
      // What was due at the last poll and is still there waits for something else.
      func consider(_ time: MonotonicTime?) {
        guard let time, time > polledAt else { return }
        next = min(next ?? time, time)
      }
      for pool in pools.indices where pools[pool].queue.waiting > 0 {
        consider(pools[pool].queue.nextDeadline)
        consider(pools[pool].queue.noticesDueAt)
        consider(pools[pool].situation.heldUntil)
        consider(pools[pool].throttledUntil)
        for tier in pools[pool].tiers { for endpoint in tier { consider(endpoints[endpoint].widensAt) } }
        let retries = pools[pool].queue.retries(now: polledAt)
        consider(retries.next)
        if retries.areDue, !budget.hasOne(now: polledAt) { consider(budget.refillsAt) }
      }
      while let first = hedges.first, attempts[first.value]?.isAnswered ?? true { _ = hedges.popFirst() }
      consider(hedges.first?.time)
      return next
    }
  }

  private mutating func expired(_ callID: CallID, _ now: MonotonicTime) {
    guard let call = calls[callID] else { return }
    totals.expired += 1
    fail(callID, call.brokeOffAt == nil ? .deadline(attempts: call.attempts) : .resumeTooLate, now)
  }

  /// Starts calls while there are places.
  private mutating func dispatch(_ pool: Int, _ now: MonotonicTime) {
    guard pools[pool].queue.waiting > 0 else { return }
    for tier in pools[pool].tiers { for endpoint in tier { endpoints[endpoint].awaited(now: now) } }
    while true {
      let slots = slots(pool, now)
      pools[pool].situation = QueueSituation(slots: slots)
      if now < pools[pool].throttledUntil {
        pools[pool].situation.reason = .providerDown
        pools[pool].situation.heldUntil = pools[pool].throttledUntil
        return
      }
      let allowsRetry = budget.hasOne(now: now)
      guard let head = pools[pool].queue.head(slots: slots, allowsRetry: allowsRetry, now: now) else {
        // Nobody can go now, for reasons of lanes and retries; why the pool is not free is still worth telling.
        explain(pool, choose(pool, cost: 1, avoiding: nil, now))
        return
      }
      switch choose(pool, cost: head.cost, avoiding: calls[head.callID]?.avoids, now) {
      case .use(let endpoint, let key, let isProbe):
        if !isProbe, isHeldBack(pool, now) { continue }
        start(head, pool, endpoint: endpoint, key: key, isProbe: isProbe, now)
      case .noKey:
        _ = pools[pool].queue.cancel(head.callID)
        fail(head.callID, .noUsableKey, now)
      case .wait(let reason, let until):
        return explain(pool, .wait(reason, until: until))
      }
    }
  }

  private mutating func explain(_ pool: Int, _ choice: Choice) {
    guard case .wait(let reason, let until) = choice else { return }
    pools[pool].situation.reason = reason
    pools[pool].situation.heldUntil = until
  }

  /// The throttle's draw. A call held back stays where it is; the pool pauses for a moment.
  private mutating func isHeldBack(_ pool: Int, _ now: MonotonicTime) -> Bool {
    let probability = pools[pool].throttle.probability(now: now)
    guard probability > 0, Double.random(in: 0..<1, using: &random) < probability else { return false }
    totals.throttled += 1
    let pause = Double(Self.throttlePause.nanoseconds) * Double.random(in: 0.5...1.5, using: &random)
    pools[pool].throttledUntil = now + Interval(nanoseconds: UInt64(pause))
    return true
  }

  private mutating func start(
    _ head: LaneQueue.Head, _ pool: Int, endpoint: Int, key: Int, isProbe: Bool, _ now: MonotonicTime
  ) {
    let taken = pools[pool].queue.take(head, now: now)
    guard var call = calls[head.callID] else { return }
    call.lane = taken.lane
    call.startedAt = now
    var kind = AttemptStart.Kind.first
    if let origin = call.brokeOffAt {
      kind = .resume(from: origin)
      totals.resumes += 1
    } else if call.attempts > 0 {
      kind = .retry
      totals.retries += 1
    }
    if call.attempts == 0 {
      budget.earn(now: now)
      totals.firstAttempts += 1
    } else {
      budget.spend(now: now)
    }
    call.brokeOffAt = nil
    calls[head.callID] = call
    let attempt = begin(head.callID, pool, endpoint: endpoint, key: key, isProbe: isProbe, isHedge: false, now)
    pending.append(
      .start(
        AttemptStart(
          callID: head.callID, attempt: attempt.id, kind: kind, endpoint: endpoints[endpoint].settings.name,
          key: attempt.key, lane: taken.lane, waited: taken.waited, estimateError: taken.estimateError)))
    armHedge(attempt, pool, now)
  }

  private mutating func begin(
    _ callID: CallID, _ pool: Int, endpoint: Int, key: Int, isProbe: Bool, isHedge: Bool, _ now: MonotonicTime
  ) -> Attempt {
    lastAttempt += 1
    let cost = calls[callID]?.queued.cost ?? 1
    let keyHealth = endpoints[endpoint].keys[key]
    let attempt = Attempt(
      id: lastAttempt, callID: callID, pool: pool, endpoint: endpoint, key: keyHealth.id, cost: cost,
      isProbe: isProbe, isHedge: isHedge, startedAt: now, atStart: endpoints[endpoint].inFlight + 1,
      requestsThen: keyHealth.requests.spent + 1, tokensThen: keyHealth.tokens.spent + cost)
    attempts[attempt.id] = attempt
    calls[callID]?.attempts += 1
    calls[callID]?.live.append(attempt.id)
    endpoints[endpoint].started(key: key, cost: cost, isProbe: isProbe, now: now)
    return attempt
  }

  // MARK: Hedges

  /// First tokens measured before "late" means anything.
  private static let hedgeSamples = 20

  private mutating func armHedge(_ attempt: Attempt, _ pool: Int, _ now: MonotonicTime) {
    guard let share = pools[pool].settings.hedgeAfterShare, pools[pool].firstTokens.samples >= Self.hedgeSamples,
      let late = pools[pool].firstTokens.percentile(share), calls[attempt.callID]?.winner == nil
    else { return }
    hedges.push(attempt.id, at: now + late)
  }

  /// Makes a second attempt for those whose first token is late, if the budget has one and another endpoint has a
  /// place.
  private mutating func hedgeLateOnes(_ now: MonotonicTime) {
    while let first = hedges.first, first.time <= now {
      _ = hedges.popFirst()
      guard let attempt = attempts[first.value], !attempt.isAnswered, !attempt.isAborted,
        let call = calls[attempt.callID], call.live == [attempt.id], call.winner == nil,
        call.attempts < settings.retries.maximumAttempts, budget.hasOne(now: now)
      else { continue }
      guard
        case .use(let endpoint, let key, isProbe: false) = choose(
          attempt.pool, cost: attempt.cost, avoiding: attempt.endpoint, isHedge: true, now),
        endpoint != attempt.endpoint || pools[attempt.pool].tiers.allSatisfy({ $0 == [endpoint] })
      else { continue }
      budget.spend(now: now)
      totals.hedges += 1
      let hedge = begin(attempt.callID, attempt.pool, endpoint: endpoint, key: key, isProbe: false, isHedge: true, now)
      pending.append(
        .start(
          AttemptStart(
            callID: attempt.callID, attempt: hedge.id, kind: .hedge, endpoint: endpoints[endpoint].settings.name,
            key: hedge.key, lane: call.lane ?? 0, waited: Interval(nanoseconds: 0), estimateError: nil)))
    }
  }

  // MARK: Notices

  private mutating func tell(_ pool: Int, _ now: MonotonicTime) {
    guard let due = pools[pool].queue.noticesDueAt, due <= now else { return }
    let situation = pools[pool].situation
    for notice in pools[pool].queue.notices(now: now, situation: situation, budget: &notices) {
      pending.append(.notice(notice))
    }
  }
}
