import NIOCore
import WeirCore
import WeirWire

/// A world without I/O around one shard's logic: a clock that is moved by hand, a store in a dictionary, providers that do
/// what the test says, devices that remember what they were sent.
final class World: ShardEffects {
  var now = MonotonicTime(nanoseconds: 1_000_000_000)
  var wallClockMs: UInt64 = 1_700_000_000_000
  var seed: UInt64 = 1
  var disk = Disk()
  /// While true, what is handed to the journal stays there.
  var journalIsSlow = false
  /// If set, the journal answers so.
  var journalFault: String?
  var requests: [UpstreamRequest] = []
  var cancelled: [CallID] = []
  var pressure = MemoryPressure.none
  private(set) var accounted = 0
  private var wakeTime: MonotonicTime?
  /// The core wants to be woken.
  var isAwaited: Bool { wakeTime != nil }
  private var entries: [(JournalEntry, UInt64)] = []
  private var questions: [(StoreRead, UInt64)] = []
  private(set) var core: ShardCore!

  init(shard: Int = 0, policy: Policy = Policy(), _ configure: (inout ShardSettings) -> Void = { _ in }) {
    var settings = ShardSettings()
    configure(&settings)
    core = ShardCore(index: shard, settings: settings, policy: policy, metrics: Metrics(), effects: self)
  }

  /// Nobody finds two texts with one digest if the digest is the text.
  func digest(_ bytes: [UInt8]) -> [UInt8] { bytes }

  func random() -> UInt64 {
    seed &+= 0x9e37_79b9_7f4a_7c15
    return StableHash.mix(seed)
  }

  func append(_ entry: JournalEntry, token: UInt64) { entries.append((entry, token)) }
  func read(_ question: StoreRead, token: UInt64) { questions.append((question, token)) }
  func submit(_ request: UpstreamRequest) { requests.append(request) }
  func cancel(_ call: CallID) { cancelled.append(call) }
  func wake(at time: MonotonicTime) { wakeTime = min(wakeTime ?? time, time) }
  func account(bytes: Int) -> MemoryPressure {
    accounted += bytes
    return pressure
  }

  /// Lets journal and store answer until nothing is under way, then serves the devices.
  func settle() {
    repeat {
      let asked = questions
      questions = []
      core.storeReplied(asked.map { StoreReadReply(token: $0.1, result: disk.answer($0.0)) })
      if !journalIsSlow { commit() }
    } while !questions.isEmpty || (!entries.isEmpty && !journalIsSlow)
    pass(.milliseconds(10))
    core.settle()
  }

  func commit() {
    let handed = entries
    entries = []
    var replies: [JournalReply] = []
    for (entry, token) in handed {
      let result = journalFault.map { JournalResult.failed($0) } ?? disk.apply(entry)
      if token != 0 { replies.append(JournalReply(token: token, result: result)) }
    }
    core.journalReplied(replies)
  }

  /// Moves the clock.
  func pass(_ interval: Interval) {
    now = now + interval
    wallClockMs += interval.nanoseconds / 1_000_000
  }

  /// Moves the clock, and ticks the core when it wished for it, and then only.
  func wait(_ interval: Interval) {
    let end = now + interval
    while let time = wakeTime, time <= end {
      if time > now { pass(time.since(now)) }
      wakeTime = nil
      core.tick()
      settle()
    }
    if end > now { pass(end.since(now)) }
    settle()
  }

  func connect(_ user: String = "ann", writable: Bool = true, access: Access = Access()) -> TestDevice {
    let link = TestDevice(world: self)
    link.user = user
    link.isWritable = writable
    link.device = core.connect(user: user, access: access, link: link)
    settle()
    return link
  }

  /// A caller of the HTTP API.
  func call(_ call: DirectCall, user: String = "ann", access: Access = Access()) -> TestDevice {
    let link = TestDevice(world: self)
    link.user = user
    link.device = core.complete(call, user: user, access: access, link: link)
    settle()
    return link
  }

  /// The provider says something about its `index`-th request.
  func provider(_ index: Int, _ kinds: UpstreamEvent.Kind...) {
    var batch = UpstreamBatch()
    for kind in kinds { batch.events.append(UpstreamEvent(callID: requests[index].callID, kind: kind)) }
    core.upstreamDelivered(batch)
    settle()
  }

  /// The provider sends text for its `index`-th request.
  func text(_ index: Int, _ text: String) {
    var batch = UpstreamBatch()
    batch.append(text: text.utf8, to: requests[index].callID)
    core.upstreamDelivered(batch)
    settle()
  }

  /// A crash and a new start: memory is gone, the disk is as it was.
  func restart() -> World {
    let next = World(policy: core.policy)
    next.disk = disk
    next.wallClockMs = wallClockMs
    return next
  }

  /// What the server does at its start: users with turns that waited are looked after before they come.
  func wakeWaiting() {
    for (name, user) in disk.users.sorted(by: { $0.key < $1.key }) where !user.turns.isEmpty { core.wake(user: name) }
    settle()
  }
}

/// A device that keeps all it was sent.
final class TestDevice: DeviceLink {
  unowned let world: World
  var device: Device?
  var user: UserID = ""
  var isWritable = true
  var outstandingBytes = 0
  var frames: [ServerFrame] = []
  var transcript: [TurnID: [UInt8]] = [:]
  var gaps: [String] = []
  var deltas: [(turn: TurnID, offset: UInt64, bytes: Int)] = []
  var closed: DeviceCloseReason?
  var flushes = 0
  private var lastRequest: UInt64 = 0

  init(world: World) { self.world = world }

  func send(_ frame: ServerFrame) {
    frames.append(frame)
    if case .turnStarted(let started)? = frame.frame, started.offset > 0, transcript[started.turnID] == nil {
      base[started.turnID] = started.offset
    }
  }

  private var base: [TurnID: UInt64] = [:]
  /// What each Delta was part of.
  var parts: [(turn: TurnID, mark: PartMark, text: String)] = []

  func sendDelta(turnID: TurnID, offset: UInt64, part: PartMark, text: UnsafeRawBufferPointer) {
    parts.append((turnID, part, String(decoding: text, as: UTF8.self)))
    var known = transcript[turnID] ?? []
    if known.isEmpty { base[turnID] = offset }
    let expected = (base[turnID] ?? 0) + UInt64(known.count)
    if offset != expected { gaps.append("turn \(turnID): \(offset) came where \(expected) was due") }
    if String(validating: text, as: UTF8.self) == nil { gaps.append("turn \(turnID): cut inside a character") }
    known.append(contentsOf: text)
    transcript[turnID] = known
    deltas.append((turnID, offset, text.count))
  }

  func flush() { flushes += 1 }
  func close(_ reason: DeviceCloseReason) { closed = reason }

  /// Sends a frame and lets the world settle; returns what came in direct reply.
  @discardableResult
  func ask(_ kind: ClientFrame.Kind) -> ServerFrame.Kind? {
    guard let device else { return nil }
    lastRequest += 1
    let request = lastRequest
    world.core.received(ClientFrame(requestID: request, frame: kind), from: device)
    world.settle()
    return frames.first { $0.requestID == request }?.frame
  }

  @discardableResult
  func say(
    _ text: String, in conversation: String = "c", id: String = "", revision: UInt64? = nil,
    onConflict: ConflictPolicy = .unspecified, acks: [AckLevel] = [], _ adjust: (inout SendMessage) -> Void = { _ in }
  ) -> ServerFrame.Kind? {
    var message = SendMessage(
      conversationID: conversation, clientMessageID: id, parts: [.text(text)], expectedRevision: revision,
      onConflict: onConflict, acks: acks)
    adjust(&message)
    return ask(.sendMessage(message))
  }

  func leave() {
    if let device { world.core.disconnected(device) }
    device = nil
    world.settle()
  }

  func text(_ turn: TurnID) -> String { String(decoding: transcript[turn] ?? [], as: UTF8.self) }

  var acks: [Ack] { frames.compactMap { if case .ack(let ack)? = $0.frame { ack } else { nil } } }
  var errors: [WeirError] { frames.compactMap { if case .error(let error)? = $0.frame { error } else { nil } } }
  var finished: [TurnFinished] {
    frames.compactMap { if case .turnFinished(let frame)? = $0.frame { frame } else { nil } }
  }
  var failed: [TurnFailed] {
    frames.compactMap { if case .turnFailed(let frame)? = $0.frame { frame } else { nil } }
  }
  var started: [TurnStarted] {
    frames.compactMap { if case .turnStarted(let frame)? = $0.frame { frame } else { nil } }
  }
  var added: [MessageAdded] {
    frames.compactMap { if case .messageAdded(let frame)? = $0.frame { frame } else { nil } }
  }

  func history(_ conversation: String = "c", before: UInt64 = 0, limit: UInt32 = 0) -> [Message] {
    guard
      case .historyPage(let page)? = ask(
        .getHistory(.init(conversationID: conversation, beforeSequence: before, limit: limit)))
    else { return [] }
    return page.messages
  }
}

extension String {
  /// The text, if the bytes are valid UTF-8.
  fileprivate init?(validating bytes: UnsafeRawBufferPointer, as: UTF8.Type) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard Array(text.utf8) == Array(bytes) else { return nil }
    self = text
  }
}

extension UpstreamBatch {
  /// A batch of one event.
  init(of event: UpstreamEvent) {
    self.init()
    events = [event]
  }
}

extension UpstreamEvent.Kind {
  /// The demo model begins to answer.
  static let begins = UpstreamEvent.Kind.started(model: "demo", endpoint: "demo", isShared: false)
}
