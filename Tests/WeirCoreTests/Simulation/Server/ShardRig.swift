import WeirCore
import WeirWire

/// One shard with its event loop and mailbox: what comes from other threads gathers, and is worked through in rounds; what
/// the core wishes for is handed over at the end of a round.
final class ShardRig: ShardEffects {
  struct Mail {
    var journal: [JournalReply] = []
    var store: [StoreReadReply] = []
    var upstream: [UpstreamBatch] = []
    var remote: [(ShardCore) -> Void] = []
  }

  let index: Int
  private unowned let run: ServerSimulation
  private unowned let process: ServerProcess
  private(set) var core: ShardCore!
  private var mail = Mail()
  private var isWoken = false
  private var isEndOfRoundDue = false
  private var wakeTime: MonotonicTime?
  private var timer: MonotonicTime?
  private var entries: [(entry: JournalEntry, token: UInt64)] = []
  private var questions: [(question: StoreRead, token: UInt64)] = []
  private var requests: [UpstreamRequest] = []
  private var cancelled: [CallID] = []

  init(index: Int, _ process: ServerProcess, _ run: ServerSimulation) {
    self.index = index
    self.process = process
    self.run = run
    core = ShardCore(
      index: index, settings: run.settings, policy: run.policy, metrics: process.metrics,
      effects: self)
  }

  // MARK: The world as the core sees it

  var now: MonotonicTime { run.schedule.now }
  var wallClockMs: UInt64 { run.schedule.wallClockMs }
  func random() -> UInt64 { run.dice.bits() }
  func append(_ entry: JournalEntry, token: UInt64) { entries.append((entry, token)) }
  func read(_ question: StoreRead, token: UInt64) { questions.append((question, token)) }
  func submit(_ request: UpstreamRequest) { requests.append(request) }
  func cancel(_ call: CallID) { cancelled.append(call) }
  func wake(at time: MonotonicTime) { wakeTime = min(wakeTime ?? time, time) }
  func account(bytes: Int) -> MemoryPressure { process.account(bytes) }
  /// Nobody finds two texts with one digest if the digest is the text.
  func digest(_ bytes: [UInt8]) -> [UInt8] { bytes }

  // MARK: Rounds

  /// Adds to the mailbox; the shard is woken once for all that gathers.
  func post(_ change: (inout Mail) -> Void) {
    change(&mail)
    if isWoken { return }
    isWoken = true
    run.schedule.after(run.dice.micros(1, 400)) { [self] in
      guard process.isAlive else { return }
      isWoken = false
      let content = mail
      mail = Mail()
      if !content.store.isEmpty { core.storeReplied(content.store) }
      if !content.journal.isEmpty { core.journalReplied(content.journal) }
      for batch in content.upstream { core.upstreamDelivered(batch) }
      for event in content.remote { event(core) }
      endRound()
    }
  }

  /// Something happens on the shard's own loop; the round goes on for a moment.
  func onLoop<Result>(_ body: (ShardCore) -> Result) -> Result {
    let result = body(core)
    if !isEndOfRoundDue {
      isEndOfRoundDue = true
      run.schedule.after(run.dice.micros(0, 150)) { [self] in
        guard process.isAlive else { return }
        isEndOfRoundDue = false
        endRound()
      }
    }
    return result
  }

  func endRound() {
    core.settle()
    handOver()
    arm()
  }

  private func handOver() {
    if !entries.isEmpty { process.journal.append(entries, shard: index) }
    entries = []
    for (question, token) in questions { process.reader.read(question, shard: index, token: token) }
    questions = []
    let (submitted, gone) = (requests, cancelled)
    requests = []
    cancelled = []
    if !submitted.isEmpty { process.upstream.post { $0.submit(submitted) } }
    if !gone.isEmpty {
      process.upstream.post { upstream in for call in gone { upstream.cancel(call) } }
    }
  }

  private func arm() {
    guard let time = wakeTime else { return }
    if let timer, timer <= time { return }
    timer = time
    run.schedule.at(time) { [self] in
      guard process.isAlive, timer == time else { return }
      timer = nil
      wakeTime = nil
      core.tick()
      endRound()
    }
  }
}
