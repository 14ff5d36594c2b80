package import WeirWire

/// What a user has used of a plan, and whether one more turn may begin: a leaky bucket for turns per minute (GCRA), a
/// count of turns at once, and a ledger of tokens a day and a month. A turn reserves what it may cost before it begins
/// and is settled by what it did cost, so that turns side by side cannot spend the same tokens.
///
/// What is settled is in `state`, which the store keeps; what is reserved is in the records of the turns that have not
/// ended. So a restart forgets nothing and frees nothing.
package struct UserLimits: Sendable {
  /// What the store keeps.
  package var state: UserState
  /// Tokens held for turns that have not ended.
  package private(set) var reservedTokens: UInt64 = 0
  /// Turns that have not ended.
  package private(set) var turns = 0

  package init(state: UserState = UserState()) {
    self.state = state
  }

  /// Takes a turn of so many tokens in, or says which limit it meets, what is left and when to come back.
  package mutating func admit(tokens: UInt64, plan: Plan, nowMs: UInt64) -> WeirError? {
    if let perTurn = Self.msPerTurn(plan) {
      // Never more than all of the bucket is taken: a clock that was set back must not lock anybody out for that long.
      state.turnsWholeAtMs = min(state.turnsWholeAtMs, nowMs &+ Self.burst(plan) &* perTurn)
    }
    if let refusal = refusal(tokens: tokens, plan: plan, nowMs: nowMs) { return refusal }
    if let perTurn = Self.msPerTurn(plan) { state.turnsWholeAtMs = max(state.turnsWholeAtMs, nowMs) &+ perTurn }
    hold(tokens: tokens)
    return nil
  }

  /// A turn that was admitted before a restart, or by the admission above, counts.
  package mutating func hold(tokens: UInt64) {
    reservedTokens &+= tokens
    turns += 1
  }

  /// A turn that was admitted did not come to be.
  package mutating func giveBack(tokens: UInt64, plan: Plan) {
    release(tokens: tokens)
    if let perTurn = Self.msPerTurn(plan) { state.turnsWholeAtMs -= min(perTurn, state.turnsWholeAtMs) }
  }

  /// A turn has ended and cost so many tokens.
  package mutating func settle(reserved: UInt64, used: UInt64, nowMs: UInt64) {
    release(tokens: reserved)
    roll(to: nowMs)
    state.dayTokens &+= used
    state.monthTokens &+= used
  }

  private mutating func release(tokens: UInt64) {
    reservedTokens -= min(tokens, reservedTokens)
    turns = max(0, turns - 1)
  }

  /// Begins a new day and a new month when it is time. A clock that goes back changes nothing.
  private mutating func roll(to nowMs: UInt64) {
    let day = UTCDate.day(ofMs: nowMs)
    let month = UTCDate.month(ofMs: nowMs)
    if day > state.day {
      state.day = day
      state.dayTokens = 0
    }
    if month > state.month {
      state.month = month
      state.monthTokens = 0
    }
  }

  private func refusal(tokens: UInt64, plan: Plan, nowMs: UInt64) -> WeirError? {
    if let most = plan.turnsAtOnce, turns >= most {
      return Refusal.atLimit(
        .init(name: "turns_at_once", limit: UInt64(most), remaining: 0),
        most == 1 ? "One of your turns is under way." : "\(most) of your turns are under way.",
        retryAfterMs: 1000)
    }
    for state in states(plan: plan, nowMs: nowMs) {
      switch state.name {
      case "turns_per_minute" where state.remaining == 0:
        let wait = untilNextTurn(plan, nowMs: nowMs)
        return Refusal.atLimit(
          state, "You may begin \(state.limit == 1 ? "one turn" : "\(state.limit) turns") a minute.", retryAfterMs: wait
        )
      case "tokens_per_day" where state.remaining < max(tokens, 1):
        return Refusal.budgetUsedUp(state, "today", needed: tokens)
      case "tokens_per_month" where state.remaining < max(tokens, 1):
        return Refusal.budgetUsedUp(state, "this month", needed: tokens)
      default: continue
      }
    }
    return nil
  }

  /// The plan's limits, and what is left of each.
  package func states(plan: Plan, nowMs: UInt64) -> [LimitState] {
    var states: [LimitState] = []
    if let most = plan.turnsPerMinute, let perTurn = Self.msPerTurn(plan) {
      let backlog = backlog(plan, nowMs: nowMs)
      let taken = (backlog + perTurn - 1) / perTurn
      let burst = Self.burst(plan)
      states.append(
        .init(
          name: "turns_per_minute", limit: UInt64(most), remaining: burst > taken ? burst - taken : 0,
          resetAfterMs: backlog))
    }
    if let most = plan.turnsAtOnce {
      states.append(
        .init(name: "turns_at_once", limit: UInt64(most), remaining: UInt64(max(0, most - turns))))
    }
    var today = self
    today.roll(to: nowMs)
    if let most = plan.tokensPerDay {
      states.append(
        today.budget("tokens_per_day", most, today.state.dayTokens, until: UTCDate.msToNextDay(fromMs: nowMs)))
    }
    if let most = plan.tokensPerMonth {
      states.append(
        today.budget("tokens_per_month", most, today.state.monthTokens, until: UTCDate.msToNextMonth(fromMs: nowMs)))
    }
    return states
  }

  /// Tokens of the current day and month that are settled, or held for turns that have not ended.
  package func spent(nowMs: UInt64) -> (day: UInt64, month: UInt64) {
    let day = UTCDate.day(ofMs: nowMs) > state.day ? 0 : state.dayTokens
    let month = UTCDate.month(ofMs: nowMs) > state.month ? 0 : state.monthTokens
    return (day &+ reservedTokens, month &+ reservedTokens)
  }

  private func budget(_ name: String, _ limit: UInt64, _ used: UInt64, until reset: UInt64) -> LimitState {
    let (taken, overflow) = used.addingReportingOverflow(reservedTokens)
    return .init(
      name: name, limit: limit, remaining: overflow || taken >= limit ? 0 : limit - taken, resetAfterMs: reset)
  }

  private static func burst(_ plan: Plan) -> UInt64 { UInt64(max(1, plan.turnBurst ?? plan.turnsPerMinute ?? 1)) }

  /// How much of the bucket is taken, as the time until it is whole.
  private func backlog(_ plan: Plan, nowMs: UInt64) -> UInt64 {
    guard let perTurn = Self.msPerTurn(plan), state.turnsWholeAtMs > nowMs else { return 0 }
    return min(state.turnsWholeAtMs - nowMs, Self.burst(plan) &* perTurn)
  }

  private static func msPerTurn(_ plan: Plan) -> UInt64? {
    plan.turnsPerMinute.map { max(1, 60_000 / UInt64(max(1, $0))) }
  }

  /// How long until the bucket has room for one turn.
  private func untilNextTurn(_ plan: Plan, nowMs: UInt64) -> UInt32 {
    guard let perTurn = Self.msPerTurn(plan) else { return 0 }
    let backlog = backlog(plan, nowMs: nowMs)
    let allowed = (Self.burst(plan) - 1) * perTurn
    return UInt32(clamping: backlog > allowed ? backlog - allowed : 1)
  }
}
