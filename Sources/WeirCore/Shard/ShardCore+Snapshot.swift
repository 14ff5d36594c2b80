/// How a shard stands at a moment, for its operator.
package struct ShardSnapshot: Sendable, Equatable {
  /// A turn that has not ended.
  package struct LiveTurn: Sendable, Equatable {
    package var user: UserID
    package var turnID: TurnID
    package var model: String
    package var lane: String
    package var hasBegun: Bool
    package var age: Interval
    package var answerBytes: Int
  }

  /// A plan, and what those of its users have used who have a device connected.
  package struct PlanUse: Sendable, Equatable {
    package var plan: Plan
    package var users = 0
    /// Settled, or held for turns that have not ended.
    package var dayTokens: UInt64 = 0
    package var monthTokens: UInt64 = 0
    /// Of the user with most.
    package var mostDayTokens: UInt64 = 0
    package var mostMonthTokens: UInt64 = 0
    /// Users who have nothing left of the day or the month.
    package var usersUsedUp = 0

    mutating func add(_ spent: (day: UInt64, month: UInt64)) {
      users += 1
      dayTokens &+= spent.day
      monthTokens &+= spent.month
      mostDayTokens = max(mostDayTokens, spent.day)
      mostMonthTokens = max(mostMonthTokens, spent.month)
      let isUsedUp =
        plan.tokensPerDay.map { spent.day >= $0 } ?? false || plan.tokensPerMonth.map { spent.month >= $0 } ?? false
      if isUsedUp { usersUsedUp += 1 }
    }
  }

  package var sessions = 0
  package var devices = 0
  package var turns = 0
  /// Turns that are with a provider, or wait for one.
  package var calls = 0
  /// The oldest, oldest first.
  package var slowest: [LiveTurn] = []
  /// In the configuration's order.
  package var plans: [PlanUse] = []
}

extension ShardCore {
  /// Looks at all sessions: for an operator's page, a few times a second at most.
  package func snapshot(slowest limit: Int) -> ShardSnapshot {
    var snapshot = ShardSnapshot()
    snapshot.sessions = sessions.count
    snapshot.calls = calls.turns.count
    snapshot.plans = policy.plans.map { ShardSnapshot.PlanUse(plan: $0) }
    let now = effects.now
    let wallClockMs = effects.wallClockMs
    var oldest: [(since: MonotonicTime, turn: Turn, user: UserID)] = []
    for session in sessions.values {
      snapshot.devices += session.devices.count
      if let device = session.devices.first {
        let place = policy.plans.firstIndex { $0.name == device.access.plan } ?? 0
        snapshot.plans[place].add(session.limits.spent(nowMs: wallClockMs))
      }
      for turn in session.turns.values where turn.isLive {
        snapshot.turns += 1
        if oldest.count == limit, let last = oldest.last, last.since <= turn.queuedAt { continue }
        let place = oldest.firstIndex { $0.since > turn.queuedAt } ?? oldest.count
        oldest.insert((turn.queuedAt, turn, session.user), at: place)
        if oldest.count > limit { oldest.removeLast() }
      }
    }
    snapshot.slowest = oldest.map { since, turn, user in
      ShardSnapshot.LiveTurn(
        user: user, turnID: turn.id, model: turn.record.model, lane: turn.record.lane, hasBegun: turn.hasBegun,
        age: now.since(since), answerBytes: turn.log.count)
    }
    return snapshot
  }
}
