import WeirCore

/// The journal's thread: takes all that has gathered, writes it as one batch, waits for the disk, and answers. A batch that
/// a crash meets is there whole or not at all, as a log with checksums has it: what was torn is cut off.
final class SimulatedJournal {
  private struct Item {
    var entry: JournalEntry
    var token: UInt64
    var shard: Int
  }

  private unowned let run: ServerSimulation
  private unowned let process: ServerProcess
  private var queue: [Item] = []
  private var underWay: [Item] = []
  /// Why nothing is written any more.
  private(set) var failure: String?

  init(_ process: ServerProcess, _ run: ServerSimulation) {
    self.process = process
    self.run = run
  }

  var isIdle: Bool { queue.isEmpty && underWay.isEmpty }

  func append(_ entries: [(entry: JournalEntry, token: UInt64)], shard: Int) {
    for (entry, token) in entries { queue.append(Item(entry: entry, token: token, shard: shard)) }
    if underWay.isEmpty { write() }
  }

  private func write() {
    let batch = min(queue.count, 1 + run.dice.roll(40))
    if batch == 0 { return }
    underWay = Array(queue[..<batch])
    queue.removeFirst(batch)
    let pause =
      run.dice.perMille(run.faults.slowSync) ? run.dice.millis(20, 900) : run.dice.micros(100, 4000)
    run.schedule.after(pause) { [self] in
      guard process.isAlive else { return }
      synced()
      if !queue.isEmpty { write() }
    }
  }

  private func synced() {
    let batch = underWay
    underWay = []
    if failure == nil, run.dice.perMille(run.faults.writeError) {
      failure = "The disk is full."
      run.note("the journal fails")
      // What reached the disk before the error nobody knows.
      if run.dice.half() { for item in batch { _ = run.store.apply(item.entry) } }
      answer(batch.map { ($0, .failed("The disk is full.")) })
      process.journalFailed()
      return
    }
    if let failure { return answer(batch.map { ($0, .failed(failure)) }) }
    answer(
      batch.map { item in
        run.note("written: \(item.entry.writes.map { "\($0)".prefix(200) })")
        return (item, run.store.apply(item.entry))
      })
  }

  private func answer(_ results: [(Item, JournalResult)]) {
    for shard in process.rigs.indices {
      let replies = results.compactMap { item, result in
        item.shard == shard && item.token != 0
          ? JournalReply(token: item.token, result: result) : nil
      }
      if !replies.isEmpty { process.rigs[shard].post { $0.journal += replies } }
    }
  }

  /// The power is gone.
  func crash() {
    if failure == nil, !underWay.isEmpty, run.dice.half() {
      for item in underWay { _ = run.store.apply(item.entry) }
    }
    underWay = []
    queue = []
  }

  /// An orderly end: what was taken is written.
  func close() {
    if failure == nil { for item in underWay + queue { _ = run.store.apply(item.entry) } }
    underWay = []
    queue = []
  }
}
