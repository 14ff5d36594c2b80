import WeirWire

/// Devices that stream while, again and again, some of them hang up without a word and come back to where they were.
final class StormLoad: LoadDriver {
  /// How a storm goes.
  struct Plan {
    var devices: Int
    /// Tokens a second of each answer.
    var rate: Double
    var tokens: Int
    var rampSeconds: Double
    /// Between two waves.
    var everySeconds: Double
    /// Of the devices, in a wave.
    var share: Double
    /// The longest that a device stays away.
    var awaySeconds: Double
    var seed: UInt64
  }

  private let loop: LoadLoop
  private let target: Target
  private let server: ServerProcess?
  private let plan: Plan
  private var devices: [StormDevice] = []
  /// The device of each link.
  private var owners: [Int] = []
  private var random: SplitMix
  private var asked = 0
  private var begin: UInt64 = 0
  private var nextWave = UInt64.max
  private var returning = DueQueue()
  /// Devices that got their whole answer.
  private(set) var ended = 0
  private(set) var problems = Problems()
  private(set) var figures = StormFigures()
  private(set) var streaming = 0
  private var meter: Meter
  private var isMeasuring = false
  /// The time in which all answers streamed, and its figures.
  private(set) var window: (figures: StormFigures, span: Meter.Span)?
  /// Devices that have not been audited yet, the last one first.
  private var unaudited: [Int] = []
  private(set) var audited = 0

  init(_ plan: Plan, on loop: LoadLoop, to target: Target, _ server: ServerProcess?) {
    self.plan = plan
    self.loop = loop
    self.target = target
    self.server = server
    random = SplitMix(state: plan.seed)
    meter = Meter(server)
  }

  func connect() throws(BenchFailure) {
    try TCPSocket.allowDescriptors(plan.devices * 3)
    try loop.open(plan.devices, to: target, self) { .device(target, number: $0) }
    owners = Array(0..<plan.devices)
    devices = owners.map { StormDevice(link: $0) }
  }

  /// Runs until all answers have come whole.
  func run() throws(BenchFailure) {
    begin = Monotonic.now()
    let limit = plan.rampSeconds + 1.5 * Double(plan.tokens) / plan.rate + 30
    loop.run(self, until: begin + UInt64(seconds: limit)) { ended == plan.devices || problems.count > 0 }
    try problems.check("storm")
    guard ended == plan.devices else {
      throw BenchFailure(
        "\(plan.devices - ended) of \(plan.devices) answers were not whole after \(Int(limit)) s. Use fewer devices.")
    }
  }

  /// Asks for each answer as it is stored, and compares.
  func audit() throws(BenchFailure) {
    unaudited = Array((0..<plan.devices).reversed())
    for _ in 0..<min(64, plan.devices) { askForHistory() }
    loop.run(self, until: Monotonic.now() + 120_000_000_000) { audited == plan.devices || problems.count > 0 }
    try problems.check("The audit after the storm")
    guard audited == plan.devices else {
      throw BenchFailure("The history of \(plan.devices - audited) devices did not come in 120 s. Look at the log.")
    }
  }

  private func askForHistory() {
    guard let index = unaudited.popLast() else { return }
    loop.links[devices[index].link].send(DeviceFrames.history(of: devices[index].conversation, limit: 2))
  }

  // MARK: Time

  var nextTick: UInt64 {
    min(asked < devices.count ? dueTime(asked) : .max, min(nextWave, returning.first ?? .max))
  }

  private func dueTime(_ index: Int) -> UInt64 {
    begin + UInt64(seconds: plan.rampSeconds * Double(index) / Double(plan.devices))
  }

  private func second(_ now: UInt64) -> Int { Int((now &- begin) / 1_000_000_000) }

  func tick(now: UInt64) {
    while asked < devices.count, dueTime(asked) <= now { ask(asked) }
    if now >= nextWave { startWave(now) }
    while let index = returning.pop(due: now) { comeBack(index, now) }
  }

  private func ask(_ index: Int) {
    asked += 1
    let text = "[[tokens=\(plan.tokens) rate=\(JSONLine.decimal(plan.rate, digits: 3)) delay=0ms]] Tell me of storms."
    devices[index].state = .waiting
    loop.links[devices[index].link].send(DeviceFrames.message(text, id: "m1"))
  }

  private func startWave(_ now: UInt64) {
    nextWave = now + UInt64(seconds: plan.everySeconds)
    let wanted = Int((Double(plan.devices) * plan.share).rounded())
    var left = 0
    var tries = 0
    while left < wanted, tries < plan.devices * 4 {
      tries += 1
      let index = Int(random.next() % UInt64(plan.devices))
      guard devices[index].mayLeave else { continue }
      loop.drop(loop.links[devices[index].link])
      devices[index].state = .away
      figures.dropped(second: second(now))
      let away = UInt64(seconds: plan.awaySeconds * Double(random.next() >> 11) / Double(1 << 53))
      returning.insert(index, due: now + away)
      left += 1
    }
  }

  private func comeBack(_ index: Int, _ now: UInt64) {
    do {
      let link = try loop.connect(to: target, .device(target, number: index))
      owners.append(index)
      devices[index].link = link.index
      devices[index].state = .returning
      devices[index].returnedAt = now
    } catch {
      problems.add(error.description)
    }
  }

  // MARK: Frames

  func opened(_ link: Link, now: UInt64) {
    guard link.index < owners.count, devices[owners[link.index]].state == .returning else { return }
    let device = devices[owners[link.index]]
    link.send(DeviceFrames.resume(turn: device.turnID, offset: device.length))
  }

  func closed(_ link: Link) { problems.add(link.problem ?? "closed") }

  func received(_ bytes: UnsafeRawBufferPointer, on link: Link, now: UInt64) {
    guard link.index < owners.count else { return }
    let index = owners[link.index]
    link.messages(in: bytes) { frame in
      if let delta = DeltaView(frame.payload) {
        received(delta, index, now)
      } else if let other = DeviceFrames.decode(frame.payload) {
        received(other, index, now)
      } else {
        problems.add("the server sent a frame that does not follow the schema")
      }
    }
  }

  private func received(_ delta: DeltaView, _ index: Int, _ now: UInt64) {
    figures.deltas += 1
    arrived(index, now)
    let since = devices[index].attachedAt
    let problem = devices[index].received(delta) { time in count(time, since: since, now) }
    if let problem { problems.add(problem) }
  }

  private func count(_ time: UInt64, since attached: UInt64, _ now: UInt64) {
    figures.took(isLive: time >= attached, lag: now > time ? now - time : 0, second: second(now))
  }

  /// Text is there: the first ever, or the first after a return.
  private func arrived(_ index: Int, _ now: UInt64) {
    if devices[index].state == .waiting {
      devices[index].state = .streaming
      streaming += 1
      if streaming == plan.devices { startWindow(now) }
    }
    guard devices[index].returnedAt > 0 else { return }
    figures.resume.record(now &- devices[index].returnedAt)
    figures.returns += 1
    devices[index].returnedAt = 0
    devices[index].state = .streaming
  }

  private func startWindow(_ now: UInt64) {
    guard ended == 0 else { return }
    figures = StormFigures()
    begin = now
    meter = Meter(server)
    isMeasuring = true
    nextWave = now + 1_000_000_000
  }

  private func received(_ frame: ServerFrame, _ index: Int, _ now: UInt64) {
    switch frame.frame {
    case .turnStarted(let turn): note(devices[index].started(turn.turnID, in: turn.conversationID))
    case .welcome?: devices[index].attachedAt = now
    case .subscribed(let reply): resumed(reply, index, now)
    case .turnFinished(let end):
      note(devices[index].finished(end, tokens: plan.tokens))
      endedOne()
    case .historyPage(let page):
      note(devices[index].audit(page.messages.last { $0.role == .assistant }, tokens: plan.tokens))
      audited += 1
      askForHistory()
    case .turnFailed(let end): problems.add("an answer broke off: \(end.error?.message ?? "no reason given")")
    case .error(let error): problems.add("the server refused something: \(error.message)")
    case .goodbye(let goodbye): problems.add("the server said goodbye: \(goodbye.message)")
    default: break
    }
  }

  /// A device is back. If its answer has ended meanwhile, it has it now.
  private func resumed(_ reply: Subscribed, _ index: Int, _ now: UInt64) {
    guard let message = reply.message else {
      if reply.status?.state == .unknown { problems.add("the server had forgotten an answer") }
      return
    }
    arrived(index, now)
    note(devices[index].received(whole: message) { time in count(time, since: .max, now) })
    endedOne()
  }

  private func endedOne() {
    ended += 1
    nextWave = .max
    guard isMeasuring else { return }
    isMeasuring = false
    window = (figures, meter.read())
  }

  private func note(_ problem: String?) {
    if let problem { problems.add(problem) }
  }
}

/// Splittable random numbers (Steele, Lea and Flood): few, and the same ones for the same seed.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
