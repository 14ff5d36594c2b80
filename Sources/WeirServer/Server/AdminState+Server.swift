import WeirCore

extension Backend {
  private static var slowestShown: Int { 10 }

  /// How the server stands.
  func state(uptime: Duration, isDraining: Bool) async -> AdminState {
    var state = AdminState(
      version: WeirServer.version, uptimeMs: Int(clamping: Interval(uptime).nanoseconds / 1_000_000))
    state.isDraining = isDraining
    for shard in shards {
      let snapshot = await shard.snapshot(slowest: Self.slowestShown)
      state.shards.append(
        .init(index: shard.index, sessions: snapshot.sessions, devices: snapshot.devices, turns: snapshot.turns))
      state.slowestTurns += snapshot.slowest.map(AdminState.SlowTurn.init)
    }
    state.slowestTurns.sort { $0.ageMs > $1.ageMs }
    state.slowestTurns = Array(state.slowestTurns.prefix(Self.slowestShown))
    return state
  }
}

extension AdminState.SlowTurn {
  fileprivate init(_ turn: ShardSnapshot.LiveTurn) {
    self.init(
      user: turn.user, turnID: turn.turnID, model: turn.model, lane: turn.lane,
      state: turn.hasBegun ? "running" : "waiting", ageMs: Int(clamping: turn.age.nanoseconds / 1_000_000),
      answerBytes: turn.answerBytes)
  }
}
