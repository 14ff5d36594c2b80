import WeirCore
import WeirWire

/// The whole server below the socket with its users, its providers and its disk, in virtual time. One seed decides
/// everything: what people do, what breaks, and when.
final class ServerSimulation {
  let seed: UInt64
  var dice: Dice
  private(set) var faults: Faults
  let schedule: Schedule
  let users: [SimulatedUser]
  let promises: Promises
  let policy: Policy
  let settings: ShardSettings
  let gatewaySettings: GatewaySettings
  let shards: Int
  private(set) var store: SimulatedStore!
  private(set) var providers: SimulatedProviders!
  private(set) var process: ServerProcess?
  private(set) var clients: [SimulatedClient] = []
  var callers: [SimulatedCaller] = []
  private(set) var isCalm = false
  /// All lives of the server: what is still under way of one that has ended finds it dead.
  private var lives: [ServerProcess] = []

  init(seed: UInt64, onNote: ((String) -> Void)? = nil) {
    self.seed = seed
    var dice = Dice(seed: seed)
    faults = Faults(&dice)
    // The middle of a month, and sometimes seconds before midnight.
    schedule = Schedule(wallClockMs: dice.roll(4) == 0 ? 1_794_787_190_000 : 1_794_744_000_000)
    users = Array(SimulatedUser.all(&dice)[...(1 + dice.roll(3))])
    promises = Promises(users: users, clock: schedule)
    policy = SimulationRules.policy(faults, &dice)
    settings = SimulationRules.settings(&dice)
    gatewaySettings = SimulationRules.gateway(&dice)
    shards = 1 + dice.roll(3)
    self.dice = dice
    let firstTurns = users.map { faults.idsMeet ? 0 : TurnID($0.number) * 1_000_000 }
    store = SimulatedStore(
      users: users, plans: users.map { policy.plan($0.access.plan) }, clock: schedule,
      promises: promises,
      firstTurns: firstTurns)
    promises.store = store
    // Checkpoints come twice a second, and wait for the disk.
    promises.safeAfter = faults.slowSync == 0 ? .milliseconds(1500) : .seconds(8)
    promises.onNote = onNote.map { onNote in
      { [schedule] in onNote("\(schedule.now.nanoseconds / 1000) \($0)") }
    }
    providers = SimulatedProviders(self)
    promises.onErased = { [unowned self] user in
      for client in clients where client.user.number == user { client.beginAnew() }
      for caller in callers { caller.forget(user) }
    }
    promises.isSavingOver = { [unowned self] in process?.journal.failure != nil }
  }

  func note(_ what: @autoclosure () -> String) { promises.onNote?(what()) }

  /// Plays it all. Returns the promises that did not hold.
  func play() -> [String] {
    note("\(faults)")
    start()
    for number in 0..<(users.count + dice.roll(4)) {
      let client = SimulatedClient(
        self, user: number < users.count ? users[number] : dice.pick(users), number: number)
      clients.append(client)
      client.connect()
      client.live()
    }
    trouble()
    plan(faults.crashEvery) { $0.crash() }
    plan(faults.restartEvery) { $0.restart() }
    plan(faults.eraseEvery) { $0.erase() }
    pass(dice.millis(4000, 16_000))
    calm()
    depart()
    schedule.clear()
    clients = []
    callers = []
    process = nil
    for life in lives { life.connections = [] }
    lives = []
    return promises.broken
  }

  private func pass(_ interval: Interval) {
    schedule.run(until: schedule.now + interval) { !promises.isBroken }
  }

  // MARK: The server's lives

  private func start() {
    let process = ServerProcess(number: lives.count + 1, self)
    lives.append(process)
    promises.process = process.number
    note("life \(process.number)")
    self.process = process
    process.start()
  }

  /// kill -9, or the power fails.
  func crash() {
    guard let process, process.isAlive else { return }
    note("crash")
    promises.nothingSaved(since: schedule.now, in: process.number)
    process.crash()
    schedule.after(dice.millis(5, 1500)) { [unowned self] in start() }
  }

  private func restart() {
    guard let process, process.isAlive, !process.isDraining else { return }
    note("drain")
    process.drain { [unowned self] in
      note("drained")
      schedule.after(dice.millis(5, 500)) { [unowned self] in start() }
    }
  }

  /// The operator erases somebody; when all is gone, they may come again.
  private func erase() {
    guard let process, process.isAlive else { return }
    let user = dice.pick(users)
    note("erase user \(user.number)")
    process.rig(of: user.name).onLoop { core in
      core.erase(user.name) { [unowned self] result in
        note("user \(user.number): \(result)")
        promises.begun(again: user.number)
        // Files are cleaned meanwhile.
        schedule.after(dice.millis(1, 600)) {
          guard process.isAlive else { return }
          process.rig(of: user.name).onLoop { $0.admitAgain(user.name) }
        }
      }
    }
  }

  // MARK: What goes wrong

  private func plan(_ every: Interval?, _ body: @escaping (ServerSimulation) -> Void) {
    guard let every else { return }
    schedule.after(dice.micros(1000, every.nanoseconds / 1000)) { [unowned self] in
      if isCalm { return }
      body(self)
      plan(every, body)
    }
  }

  /// Four times a second: connections break or fall silent, readers stop, endpoints fail, the clock is set.
  private func trouble() {
    schedule.after(dice.millis(150, 350)) { [unowned self] in
      if isCalm { return }
      for client in clients {
        if dice.perMille(faults.cut / 4) {
          client.connection?.cut(isHalfOpen: dice.perMille(faults.halfOpen))
        }
        if dice.perMille(faults.slowReader / 4), let connection = client.connection {
          connection.setReading(false)
          schedule.after(dice.millis(100, dice.roll(5) == 0 ? 15_000 : 2000)) {
            connection.setReading(true)
          }
        }
      }
      if dice.roll(12) == 0 { providers.beginOutage() }
      if faults.jumps, dice.roll(16) == 0 {
        schedule.jump(ms: dice.half() ? 3_600_000 : -3_600_000)
      }
      trouble()
    }
  }

  // MARK: The end

  /// Nothing goes wrong any more: everything that was promised comes true.
  private func calm() {
    if promises.isBroken { return }
    isCalm = true
    faults.cease()
    providers.recover()
    note("calm")
    var rounds = 0
    while let waiting = unfinished, !promises.isBroken {
      if rounds == 3000 {
        return promises.broke("nothing goes on: \(waiting); \(process?.usedBytes ?? 0) bytes are held")
      }
      rounds += 1
      pass(.milliseconds(300))
    }
    if promises.isBroken { return }
    checkStored()
  }

  private var unfinished: String? {
    guard let process, process.isAlive, !process.isDraining else {
      return "the server is not there"
    }
    if process.journal.failure != nil { return "the journal has failed" }
    for (user, row) in store.rows.enumerated() {
      if let turn = row.turns.keys.min() { return "turn \(turn) of user \(user) has not ended" }
    }
    for client in clients { if let waiting = client.waitsFor { return waiting } }
    if let caller = callers.first(where: { !$0.isDone }) { return "a call waits: \(caller)" }
    return nil
  }

  /// Every question has one answer, and what was acknowledged is there.
  private func checkStored() {
    for (user, row) in store.rows.enumerated() {
      for (id, messages) in row.messages {
        var answers: Int?
        for message in messages {
          if message.role != .assistant {
            if answers == 0 {
              promises.broke(
                "user \(user): a question in \(id) before \(message.sequence) has no answer")
            }
            answers = 0
          } else if message.status != .superseded {
            answers = (answers ?? 0) + 1
            if (answers ?? 0) > 1 {
              promises.broke("user \(user): \(message.sequence) in \(id) is a second answer")
            }
          }
        }
        if answers == 0 { promises.broke("user \(user): the last question in \(id) has no answer") }
      }
      // A crash may leave a place in the list that no conversation confirms; readers pass over it.
      for (id, times) in row.listed.sorted(by: { $0.key < $1.key }) where promises.crashes.isEmpty {
        if times.count != (row.conversations[id] == nil ? 0 : 1) {
          promises.broke("user \(user): \(id) is listed \(times.count) times")
        }
      }
    }
    for client in clients {
      let row = store.rows[client.user.number]
      for pending in client.messages {
        let id = pending.request.clientMessageID
        guard case .acknowledged(let record, _) = pending.state, !row.deletedSends.contains(id)
        else { continue }
        let stored = (row.messages[record.conversationID] ?? []).filter { $0.clientMessageID == id }
        if stored.count != 1 || stored[0].sequence != record.sequence
          || stored[0].parts != pending.request.parts
        {
          promises.broke("\(id) was acknowledged, and is stored \(stored.count) times")
        }
      }
    }
  }

  /// Everybody goes, and nothing of them stays in memory.
  private func depart() {
    if promises.isBroken { return }
    for client in clients { client.leave() }
    for caller in callers { caller.hangUp() }
    for _ in 0..<60 where process?.leftovers != nil && !promises.isBroken { pass(.seconds(2)) }
    if let left = process?.leftovers { promises.broke("everybody has gone, and there are \(left)") }
  }
}
