// What becomes of attempts.
extension Gateway {
  /// The response's head said what is left of the rate limits.
  package mutating func headers(_ attempt: AttemptID, _ readings: RateLimitReadings, now: MonotonicTime) {
    guard let attempt = attempts[attempt] else { return }
    hasNews = true
    endpoints[attempt.endpoint].reported(readings, attempt: attempt, now: now)
  }

  /// The first of an answer has come. False: another attempt of the call was faster, and this one is not wanted.
  package mutating func firstToken(_ id: AttemptID, now: MonotonicTime) -> Bool {
    guard var attempt = attempts[id], !attempt.isAborted else { return false }
    guard !attempt.isAnswered else { return true }
    attempt.isAnswered = true
    attempts[id] = attempt
    hasNews = true
    let before = endpoints[attempt.endpoint].slots
    noteChange(endpoints[attempt.endpoint].answered(attempt, ownDelay: ownDelay, now: now), attempt.endpoint)
    noteLimit(attempt.endpoint, from: before)
    pools[attempt.pool].throttle.note(isAccepted: true, now: now)
    pools[attempt.pool].firstTokens.record(now.since(attempt.startedAt))
    guard let call = calls[attempt.callID] else { return false }
    if attempt.isHedge { totals.hedgesWon += 1 }
    abort(call.live.filter { $0 != id }, of: attempt.callID)
    calls[attempt.callID]?.winner = id
    return true
  }

  /// An attempt has ended. `tokens`: what it really cost, if the provider said.
  package mutating func ended(
    _ id: AttemptID, _ outcome: AttemptOutcome, tokens: Int? = nil, now: MonotonicTime
  ) -> AttemptVerdict {
    guard let attempt = attempts.removeValue(forKey: id) else { return .goesOn }
    hasNews = true
    judge(attempt, outcome, tokens, now)
    dropIfDrained(attempt.endpoint)
    guard !attempt.isAborted, var call = calls[attempt.callID] else { return .goesOn }
    call.live.removeAll { $0 == id }
    calls[attempt.callID] = call
    switch outcome {
    case .finished, .rejected(keyIsBad: false), .cancelled: return end(attempt.callID, outcome, now)
    case .failedAfterFirst(isResumable: true): return brokeOff(attempt, call, outcome, now)
    case .overloaded, .failedBeforeFirst(isRetryable: true), .rejected(keyIsBad: true):
      // The hedge, or the one it was made for, may still answer.
      if !call.live.isEmpty { return .goesOn }
      return outcome == .rejected(keyIsBad: true)
        ? end(attempt.callID, outcome, now) : retry(attempt, call, outcome, now)
    case .failedBeforeFirst(isRetryable: false), .failedAfterFirst(isResumable: false):
      return end(attempt.callID, outcome, now)
    }
  }

  /// What the end says of the endpoint.
  private mutating func judge(
    _ attempt: Attempt, _ outcome: AttemptOutcome, _ tokens: Int?, _ now: MonotonicTime
  ) {
    let index = attempt.endpoint
    let name = endpoints[index].settings.name
    let before = endpoints[index].slots
    endpoints[index].ended(attempt, tokens: tokens, now: now)
    switch outcome {
    case .finished: if !attempt.isAnswered { accept(attempt, now) }
    case .rejected(keyIsBad: true):
      if endpoints[index].refusedKey(attempt, now: now) { note(.keySetAside(endpoint: name, key: attempt.key)) }
    case .rejected(keyIsBad: false):
      endpoints[index].rejected()
      if !attempt.isAnswered { accept(attempt, now) }
    case .overloaded(let retryAfter):
      if endpoints[index].overloaded(attempt, retryAfter: retryAfter, now: now, using: &random),
        let until = endpoints[index].key(attempt.key).map({ endpoints[index].keys[$0].heldUntil })
      {
        note(.keyHeld(endpoint: name, key: attempt.key, until: until))
      }
    case .failedBeforeFirst, .failedAfterFirst:
      noteChange(endpoints[index].failed(attempt, now: now, using: &random), index)
    case .cancelled where !attempt.isAnswered:
      endpoints[index].abandoned(attempt, now: now)
    case .cancelled: break
    }
    switch outcome {
    case .overloaded, .failedBeforeFirst: pools[attempt.pool].throttle.note(isAccepted: false, now: now)
    default: break
    }
    noteLimit(index, from: before)
  }

  private mutating func accept(_ attempt: Attempt, _ now: MonotonicTime) {
    noteChange(endpoints[attempt.endpoint].accepted(attempt, now: now), attempt.endpoint)
    pools[attempt.pool].throttle.note(isAccepted: true, now: now)
  }

  private mutating func noteChange(_ change: CircuitBreaker.Change?, _ endpoint: Int) {
    let name = endpoints[endpoint].settings.name
    switch change {
    case .opened(let until): note(.breakerOpened(endpoint: name, until: until))
    case .closed: note(.breakerClosed(endpoint: name))
    case nil: break
    }
  }

  private mutating func noteLimit(_ endpoint: Int, from before: Int) {
    let after = endpoints[endpoint].slots
    guard after < before else { return }
    note(.limitLowered(endpoint: endpoints[endpoint].settings.name, from: before, to: after))
  }

  private mutating func abort(_ others: [AttemptID], of callID: CallID) {
    for other in others {
      attempts[other]?.isAborted = true
      pending.append(.abort(other))
      calls[callID]?.live.removeAll { $0 == other }
    }
  }

  private mutating func end(_ callID: CallID, _ outcome: AttemptOutcome, _ now: MonotonicTime) -> AttemptVerdict {
    if let call = calls[callID] { abort(call.live, of: callID) }
    forget(callID, isSample: outcome == .finished, now: now)
    return .ends
  }

  /// Back to the front of its user's line. What had no room waits for room, what failed for a moment besides; both for
  /// the budget.
  private mutating func retry(
    _ attempt: Attempt, _ call: CallState, _ outcome: AttemptOutcome, _ now: MonotonicTime
  ) -> AttemptVerdict {
    guard call.attempts < settings.retries.maximumAttempts, !pools[call.pool].isRemoved else {
      return end(attempt.callID, outcome, now)
    }
    var retryAt = now
    if outcome == .failedBeforeFirst(isRetryable: true) {
      retryAt = now + settings.retries.backoff(after: call.attempts, using: &random)
    }
    let wait = settings.lanes[min(max(0, call.queued.lane), settings.lanes.count - 1)].maximumWait
    let latest = [call.queued.startBy, wait.map { call.submittedAt + $0 }].compactMap { $0 }.min()
    guard latest.map({ retryAt < $0 }) ?? true else { return end(attempt.callID, outcome, now) }
    requeue(attempt, retryAt: retryAt, startBy: latest, now)
    return .goesOn
  }

  private mutating func brokeOff(
    _ attempt: Attempt, _ call: CallState, _ outcome: AttemptOutcome, _ now: MonotonicTime
  ) -> AttemptVerdict {
    guard call.mayResumeElsewhere, call.attempts < settings.retries.maximumAttempts, !pools[call.pool].isRemoved else {
      return end(attempt.callID, outcome, now)
    }
    calls[attempt.callID]?.brokeOffAt = endpoints.get(attempt.endpoint)?.settings.name ?? ""
    calls[attempt.callID]?.winner = nil
    requeue(attempt, retryAt: now, startBy: now + settings.retries.resumeWithin, now)
    return .resumes
  }

  private mutating func requeue(
    _ attempt: Attempt, retryAt: MonotonicTime, startBy: MonotonicTime?, _ now: MonotonicTime
  ) {
    guard var call = calls[attempt.callID] else { return }
    if let lane = call.lane {
      pools[call.pool].queue.release(lane: lane, after: now.since(call.startedAt), isSample: false)
    }
    call.lane = nil
    call.avoids = attempt.endpoint
    calls[attempt.callID] = call
    pools[call.pool].queue.requeue(call.queued, retryAt: retryAt, startBy: startBy, now: now)
  }
}
