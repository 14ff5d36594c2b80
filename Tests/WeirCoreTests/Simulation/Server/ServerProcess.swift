import WeirCore

/// One life of the server: from a start to a crash or an orderly end. All that it holds is gone with it; the store is not
/// its own.
final class ServerProcess {
  private unowned let run: ServerSimulation
  let number: Int
  let metrics = Metrics()
  private(set) var isAlive = true
  private(set) var isDraining = false
  private(set) var rigs: [ShardRig] = []
  private(set) var journal: SimulatedJournal!
  private(set) var reader: SimulatedReader!
  private(set) var upstream: SimulatedUpstream!
  var connections: [SimulatedConnection] = []
  private(set) var usedBytes = 0
  private var isPaused = false
  private let memoryLimit: Int

  private static let rings = (1...3).map { HashRing(nodes: 0..<$0, virtualNodes: 64) }

  init(number: Int, _ run: ServerSimulation) {
    self.number = number
    self.run = run
    memoryLimit = run.faults.memoryLimit ?? .max
    journal = SimulatedJournal(self, run)
    reader = SimulatedReader(self, run)
    upstream = SimulatedUpstream(self, run)
    rigs = (0..<run.shards).map { ShardRig(index: $0, self, run) }
  }

  func rig(of user: UserID) -> ShardRig { rigs[Self.rings[run.shards - 1].owner(of: user)] }

  /// Users with turns that waited go on waiting.
  func start() {
    for (number, row) in run.store.rows.enumerated() where !row.turns.isEmpty {
      let name = run.users[number].name
      rig(of: name).onLoop { $0.wake(user: name) }
    }
  }

  /// The same rules as the process-wide ledger of the server.
  func account(_ bytes: Int) -> MemoryPressure {
    usedBytes += bytes
    if usedBytes < 0 { run.promises.broke("\(usedBytes) bytes are accounted for") }
    if usedBytes >= memoryLimit / 10 * 9 {
      setPaused(true)
    } else if usedBytes < memoryLimit / 4 * 3 {
      setPaused(false)
    }
    return usedBytes >= memoryLimit ? .full : isPaused ? .high : .none
  }

  private func setPaused(_ paused: Bool) {
    if isPaused == paused { return }
    isPaused = paused
    upstream.post { $0.setPaused(paused) }
  }

  /// Nothing can be saved any more: the operator starts it again after a while.
  func journalFailed() {
    run.promises.nothingSaved(since: run.schedule.now, in: number)
    run.schedule.after(run.dice.millis(10, 4000)) { [self] in
      if isAlive { run.crash() }
    }
  }

  // MARK: Ends

  /// The power is gone, or kill -9.
  func crash() {
    isAlive = false
    journal.crash()
    for connection in connections { connection.serverIsGone() }
    connections = []
  }

  /// SIGTERM: running answers end with their text kept; who is connected is sent away when that is durable.
  func drain(then done: @escaping () -> Void) {
    isDraining = true
    for rig in rigs {
      rig.core.drain()
      rig.endRound()
    }
    awaitSettled(until: run.schedule.now + .seconds(10), then: done)
  }

  private func awaitSettled(until deadline: MonotonicTime, then done: @escaping () -> Void) {
    run.schedule.after(.milliseconds(2)) { [self] in
      guard isAlive else { return }
      let isSettled = rigs.allSatisfy(\.core.isSettled)
      if isSettled, journal.failure == nil { run.promises.drained.insert(number) }
      if !isSettled, run.schedule.now < deadline {
        return awaitSettled(until: deadline, then: done)
      }
      for rig in rigs {
        rig.core.dismissDevices()
        rig.endRound()
      }
      run.schedule.after(run.dice.millis(5, 60)) { [self] in
        guard isAlive else { return }
        isAlive = false
        journal.close()
        for connection in connections { connection.serverIsGone() }
        connections = []
        done()
      }
    }
  }

  // MARK: What is left

  /// What the process holds although nobody is there; nil: nothing.
  var leftovers: String? {
    var left: [String] = []
    if usedBytes != 0 { left.append("\(usedBytes) bytes accounted for") }
    for rig in rigs {
      let snapshot = rig.core.snapshot(slowest: 3)
      if snapshot.sessions > 0 || snapshot.devices > 0 || snapshot.turns > 0 || snapshot.calls > 0 {
        left.append("\(snapshot)")
      }
      if !rig.core.isSettled { left.append("shard \(rig.index) waits for journal or store") }
    }
    for (name, gauge) in [
      ("sessions", metrics.sessionsLive), ("turns running", metrics.turnsRunning),
      ("turns queued", metrics.turnsQueued),
    ] where gauge.current != 0 {
      left.append("\(gauge.current) \(name) by the metrics")
    }
    if let upstream = upstream.leftovers { left.append(upstream) }
    return left.isEmpty ? nil : left.joined(separator: ", ")
  }
}
