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

  package var sessions = 0
  package var devices = 0
  package var turns = 0
  /// Turns that are with a provider, or wait for one.
  package var calls = 0
  /// The oldest, oldest first.
  package var slowest: [LiveTurn] = []
}

extension ShardCore {
  /// Looks at all sessions: for an operator's page, a few times a second at most.
  package func snapshot(slowest limit: Int) -> ShardSnapshot {
    var snapshot = ShardSnapshot()
    snapshot.sessions = sessions.count
    snapshot.calls = calls.turns.count
    let now = effects.now
    var oldest: [(since: MonotonicTime, turn: Turn, user: UserID)] = []
    for session in sessions.values {
      snapshot.devices += session.devices.count
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
