import Testing
import WeirCore
import WeirWire

/// Random traffic with crashes against one shard, checked after every step. A failing seed is in the test's name: run it
/// again with `--filter` and the same argument.
@Suite("Simulation") struct SimulationTests {
  @Test(
    "nothing acknowledged is lost, doubled or out of order, whatever happens", arguments: 1...150 as ClosedRange<UInt64>
  )
  func promises(seed: UInt64) {
    var run = SimulatedRun(seed: seed)
    for _ in 0..<120 { run.step() }
    run.finish()
    #expect(run.broken.isEmpty, "seed \(seed): \(run.broken.prefix(3))")
  }
}

private struct SimulatedRun {
  private struct Promise {
    var user: UserID
    var conversation: ConversationID
    var sequence: UInt64
    var text: String
  }

  private var world: World
  private var random: UInt64
  private var devices: [TestDevice] = []
  private var promises: [String: Promise] = [:]
  private var unanswered: [String: (user: UserID, conversation: ConversationID, text: String)] = [:]
  private var live: Set<Int> = []
  private var nextMessage = 0
  private var callers: [TestDevice] = []
  var broken: [String] = []

  init(seed: UInt64) {
    random = seed
    var plan = Plan(name: "small")
    plan.tokensPerDay = 60_000
    plan.turnsAtOnce = 12
    var policy = Policy(plans: [plan])
    policy.cache.isOn = seed % 2 == 0
    policy.cache.includesCreative = true
    world = World(policy: policy) { $0.maximumDeltaBytes = 7 }
    world.seed = seed
  }

  private mutating func roll(_ count: Int) -> Int {
    random &+= 0x9e37_79b9_7f4a_7c15
    return Int(StableHash.mix(random) % UInt64(count))
  }

  mutating func step() {
    switch roll(20) {
    case 0...2: connect()
    case 3...6: sendNew()
    case 7: sendAgain()
    case 8...12: stream()
    case 13: end()
    case 14: stop()
    case 15: again()
    case 16: world.journalIsSlow.toggle()
    case 17:
      if roll(3) == 0 { world.pressure = world.pressure == .none ? .high : .none }
      world.wait(.milliseconds(UInt64(roll(2000))))
    case 18: if roll(2) == 0 { leave() } else { call() }
    default: if roll(6) == 0 { crash() } else { toggleWritable() }
    }
    world.settle()
    check()
  }

  private mutating func connect() {
    guard devices.count < 6 else { return }
    let device = world.connect(["ann", "bob"][roll(2)], writable: roll(5) > 0)
    device.ask(.hello(.init(credit: roll(3) == 0 ? 50 : 0, follow: ["c0", "c1"])))
    devices.append(device)
  }

  private mutating func sendNew() {
    guard !devices.isEmpty else { return }
    let device = devices[roll(devices.count)]
    nextMessage += 1
    let id = "m\(nextMessage)"
    let conversation = "c\(roll(2))"
    let text = "message \(nextMessage)"
    unanswered[id] = (device.user, conversation, text)
    device.say(text, in: conversation, id: id, onConflict: [.queue, .interrupt, .reject][roll(3)])
  }

  /// A caller of the HTTP API, who may hang up.
  private mutating func call() {
    var call = DirectCall()
    call.messages = [PromptMessage(role: .user, text: "call \(roll(3))")]
    let device = world.call(call, user: ["ann", "bob"][roll(2)])
    if roll(2) == 0 { callers.append(device) } else { device.leave() }
  }

  private mutating func sendAgain() {
    guard let id = unanswered.keys.sorted().randomly(roll(1000)) ?? promises.keys.sorted().randomly(roll(1000)),
      let known = unanswered[id] ?? promises[id].map({ ($0.user, $0.conversation, $0.text) })
    else { return }
    for device in devices where device.user == known.user {
      return _ = device.say(known.text, in: known.conversation, id: id)
    }
  }

  private mutating func stream() {
    guard !world.requests.isEmpty else { return }
    let index = world.requests.count - 1 - roll(min(3, world.requests.count))
    if live.insert(index).inserted { world.provider(index, .begins) }
    switch roll(12) {
    case 0: world.provider(index, .part(PartMark(kind: .reasoning)))
    case 1: world.provider(index, .part(PartMark(kind: .toolCall, toolCallID: "t\(roll(3))", toolName: "look")))
    case 2: world.provider(index, .part(.text))
    default: break
    }
    world.text(index, ["word ", "ö", "\u{1F600}", "a longer piece of text "][roll(4)])
  }

  private mutating func end() {
    guard !world.requests.isEmpty else { return }
    let index = roll(world.requests.count)
    if roll(3) == 0 {
      world.provider(index, .failed(WeirError(code: .upstreamFailed, message: "down", retryable: true)))
    } else {
      world.provider(index, .finished(reason: .complete, usage: nil))
    }
  }

  private mutating func stop() {
    guard !devices.isEmpty else { return }
    let device = devices[roll(devices.count)]
    if let turn = device.started.last?.turnID { device.ask(.stopTurn(.init(turnID: turn))) }
  }

  private mutating func again() {
    guard !devices.isEmpty else { return }
    let device = devices[roll(devices.count)]
    if roll(2) == 0 {
      device.ask(.continueTurn(.init(conversationID: "c\(roll(2))")))
    } else {
      device.ask(.regenerateTurn(.init(conversationID: "c\(roll(2))")))
    }
  }

  private mutating func toggleWritable() {
    guard !devices.isEmpty else { return }
    let device = devices[roll(devices.count)]
    device.isWritable.toggle()
    if device.isWritable, let inner = device.device { world.core.deviceWritable(inner) }
    device.ask(.grantCredit(.init(bytes: UInt64(roll(60)))))
  }

  private mutating func leave() {
    guard !devices.isEmpty else { return }
    let device = devices.remove(at: roll(devices.count))
    settleAcks(device)
    device.leave()
  }

  private mutating func crash() {
    for device in devices { settleAcks(device) }
    devices = []
    callers = []
    live = []
    world = world.restart()
    if roll(2) == 0 { world.wakeWaiting() }
  }

  /// Turns what a device was told into promises.
  private mutating func settleAcks(_ device: TestDevice) {
    for ack in device.acks where ack.level == .durable && !ack.clientMessageID.isEmpty {
      if let known = promises[ack.clientMessageID] {
        if known.sequence != ack.sequence || known.conversation != ack.conversationID {
          broken.append("\(ack.clientMessageID) was acknowledged at \(known.sequence) and at \(ack.sequence)")
        }
      } else if let sent = unanswered[ack.clientMessageID] {
        promises[ack.clientMessageID] = Promise(
          user: sent.user, conversation: ack.conversationID, sequence: ack.sequence, text: sent.text)
      }
    }
  }

  private mutating func check() {
    for device in devices {
      settleAcks(device)
      broken += device.gaps
      checkTranscripts(device)
    }
    for (id, promise) in promises {
      let stored = world.disk.messages(promise.user, promise.conversation).filter { $0.clientMessageID == id }
      if stored.count != 1 || stored[0].sequence != promise.sequence || stored[0].text != promise.text {
        broken.append("\(id) is stored \(stored.count) times")
      }
    }
    for (name, user) in world.disk.users { checkLedger(name, user) }
    for user in world.disk.users.values where user.list.count != user.conversations.count {
      broken.append("\(user.conversations.count) conversations, listed \(user.list.count) times")
    }
  }

  /// Each turn that ended counts once, the budget has what the ledger has, and no tokens were let go twice.
  private mutating func checkLedger(_ name: UserID, _ user: Disk.User) {
    let rows = user.usage.values
    let tokens = rows.reduce(0) { $0 + $1.inputTokens + $1.outputTokens }
    if user.endedTurns != rows.reduce(0, { $0 + Int($1.turns) }) {
      broken.append("\(name): \(user.endedTurns) turns ended, \(rows.map(\.turns)) counted")
    }
    if user.state.monthTokens != tokens { broken.append("\(name): \(user.state.monthTokens) spent, \(tokens) counted") }
    let held = user.turns.values.reduce(0) { $0 + $1.reservedTokens }
    if user.state.dayTokens + held > 60_000 { broken.append("\(name): \(user.state.dayTokens) + \(held) of 60000") }
    if user.turns.count > 12 { broken.append("\(name): \(user.turns.count) turns at once") }
  }

  /// What a device that heard a turn from its beginning to its end was sent is what is stored.
  private mutating func checkTranscripts(_ device: TestDevice) {
    for end in device.finished {
      // Who was there when the turn started has its text from the offset it was told; who came later, from 0.
      guard let begun = device.started.first(where: { $0.turnID == end.turnID }) else { continue }
      let from = device.deltas.first { $0.turn == end.turnID }?.offset ?? begun.offset
      if from > begun.offset { broken.append("turn \(end.turnID): begun at \(from)") }
      let told = device.text(end.turnID)
      let stored = world.disk.messages(device.user, end.conversationID).first {
        $0.turnID == end.turnID && $0.role == .assistant
      }
      guard let stored else { continue }
      if stored.parts.contains(where: { if case .toolCall? = $0.part { true } else { false } }) {
        // Pieces of one call that came in turns with others are joined in the store.
        if Int(from) + told.utf8.count != stored.contentBytes { broken.append("turn \(end.turnID): parts are missing") }
        continue
      }
      let content = stored.parts.map { part in
        switch part.part {
        case .text(let text): text
        case .reasoning(let reasoning): reasoning.text
        default: ""
        }
      }
      let whole = String(decoding: Array(content.joined().utf8).dropFirst(Int(from)), as: UTF8.self)
      if told != whole { broken.append("turn \(end.turnID): told \(told), stored \(whole)") }
      if Int(end.length) != stored.contentBytes { broken.append("turn \(end.turnID): length \(end.length)") }
    }
  }

  /// All calms down: every turn comes to an end, and nothing is left over.
  mutating func finish() {
    world.journalIsSlow = false
    world.pressure = .none
    world.settle()
    for index in world.requests.indices { world.provider(index, .finished(reason: .complete, usage: nil)) }
    for _ in 0..<40 {
      for index in world.requests.indices { world.provider(index, .finished(reason: .complete, usage: nil)) }
    }
    check()
    // Who was cut off by a crash and never came back is looked at when the user does.
    for user in ["ann", "bob"] { world.connect(user).leave() }
    for device in devices + callers { device.leave() }
    devices = []
    callers = []
    for _ in 0..<40 {
      world.settle()
      for index in world.requests.indices { world.provider(index, .finished(reason: .complete, usage: nil)) }
    }
    for _ in 0..<5 { world.wait(.seconds(61)) }
    if world.accounted != 0 { broken.append("\(world.accounted) bytes are still accounted for") }
    if world.core.metrics.sessionsLive.current != 0 { broken.append("a session is still in memory") }
    for (name, user) in world.disk.users where !user.turns.isEmpty || user.text.values.contains(where: { !$0.isEmpty })
    {
      broken.append("\(name) has turns that never ended")
    }
    if world.core.metrics.turnsRunning.current != 0 || world.core.metrics.turnsQueued.current != 0 {
      broken.append("turns are still counted as running or queued")
    }
  }
}

extension Array {
  fileprivate func randomly(_ number: Int) -> Element? { isEmpty ? nil : self[number % count] }
}
