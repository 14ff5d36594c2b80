import WeirWire

/// Devices that each send one message a round and read the answer.
final class ChatLoad: LoadDriver {
  /// How often memory is read and a slow device reads.
  private static let beat: UInt64 = 100_000_000

  private let loop: LoadLoop
  private let server: ServerProcess?
  private var plan: ChatPlan
  private var round = 0
  private var devices: [ChatDevice] = []
  /// One a device where answers come as events.
  private var eventReaders: [EventReader] = []
  private(set) var problems = Problems()

  private var begin: UInt64 = 0
  /// How many devices have been told to ask; all of them until the first round begins.
  private var asked: Int
  private var answering = 0
  private var ended = 0
  private var nextBeat = UInt64.max
  private var residentPeak: UInt64 = 0

  private var figures = ChatFigures()
  private var firstDelta = LatencyHistogram()
  private var firstLag = LatencyHistogram()
  private var meter: Meter
  private var window = Window.coming

  /// The time in which all answers stream.
  private enum Window {
    case coming
    case open(until: UInt64)
    case closed(ChatFigures, Meter.Span)
  }

  init(_ plan: ChatPlan, on loop: LoadLoop, _ server: ServerProcess?) {
    self.plan = plan
    self.loop = loop
    self.server = server
    asked = plan.devices
    meter = Meter(server)
  }

  /// Connects the devices. The first one's socket is small if it is to read slowly: else the kernel would read for it.
  func connect(to target: Target, smallFirst: Bool = false) throws(BenchFailure) {
    if smallFirst {
      try loop.connect(to: target, .device(target, number: 0), receiveBufferBytes: 4096)
      try loop.open(plan.devices - 1, to: target, self) { .device(target, number: $0) }
      loop.run(self, until: Monotonic.now() + 5_000_000_000) {
        loop.links[0].phase != .connecting && loop.links[0].phase != .opening
      }
    } else {
      try loop.open(plan.devices, to: target, self) { plan.speech.opening(target, number: $0) }
    }
  }

  /// Sends one message on each device and reads the answers to their ends, or as far as they come in the plan's time: a
  /// server that is too slow is measured, too.
  func run(special: ChatPlan.Special? = nil) throws(BenchFailure) -> ChatResult {
    plan.special = special
    reset()
    let before = server?.residentBytes ?? 0
    loop.links[0].isPaused = special?.bytesPerSecond != nil
    let limit = begin + UInt64(seconds: plan.limitSeconds)
    loop.run(self, until: limit) { ended >= plan.counted || problems.count > 0 }
    try problems.check("chat")
    guard firstDelta.count > 0 else {
      throw BenchFailure("No answer began in \(Int(plan.limitSeconds)) s. Look at the server's log.")
    }
    return result(before)
  }

  private func reset() {
    round += 1
    begin = Monotonic.now()
    devices = Array(repeating: ChatDevice(), count: plan.devices)
    eventReaders = Array(repeating: EventReader(), count: plan.speech.isEvents ? plan.devices : 0)
    (asked, answering, ended, nextBeat, residentPeak) = (0, 0, 0, begin, 0)
    figures = ChatFigures()
    firstDelta = LatencyHistogram()
    firstLag = LatencyHistogram()
    meter = Meter(server)
    window = .coming
  }

  private func result(_ before: UInt64) -> ChatResult {
    var isSteady = false
    var measured = (figures, meter.read())
    if case .closed(let figures, let span) = window { (isSteady, measured) = (true, (figures, span)) }
    let counted = devices.dropFirst(plan.devices - plan.counted)
    let isStamped = counted.contains { $0.isStamped }
    let whole = counted.filter { $0.state == .finished }
    return ChatResult(
      figures: measured.0, span: measured.1, isSteady: isSteady, firstDelta: firstDelta, firstLag: firstLag,
      answers: ended, unfinished: plan.counted - ended, texts: isStamped ? nil : Set(whole.map(\.hash)).count,
      totalBytes: whole.reduce(0) { $0 + Int($1.length) }, totalTokens: whole.reduce(0) { $0 + $1.tokens },
      residentBefore: before, residentPeak: residentPeak)
  }

  // MARK: Time

  var nextTick: UInt64 { min(nextBeat, asked < plan.devices ? dueTime(asked) : .max) }

  private func dueTime(_ index: Int) -> UInt64 {
    begin + UInt64(seconds: plan.rampSeconds * Double(index) / Double(plan.devices))
  }

  func tick(now: UInt64) {
    while asked < plan.devices, dueTime(asked) <= now { ask(asked) }
    guard now >= nextBeat else { return }
    nextBeat = now + Self.beat
    if let server { residentPeak = max(residentPeak, server.residentBytes) }
    if case .open(let end) = window, now >= end { closeWindow() }
    if let bytes = plan.special?.bytesPerSecond { _ = loop.read(loop.links[0], atMost: max(1, bytes / 10), self) }
  }

  private func ask(_ index: Int) {
    asked += 1
    let frame = plan.speech.question(plan.message(index), id: "m\(round)")
    devices[index].sent(now: Monotonic.now())
    loop.links[index].send(frame)
  }

  private func openWindow(now: UInt64) {
    figures = ChatFigures()
    meter = Meter(server)
    window = .open(until: now + UInt64(seconds: plan.seconds))
  }

  private func closeWindow() {
    window = .closed(figures, meter.read())
  }

  // MARK: Frames

  func opened(_ link: Link, now: UInt64) {}

  func closed(_ link: Link) {
    // Over HTTP a server may close when the answer is whole.
    if plan.speech.isEvents, link.index < devices.count, devices[link.index].state == .finished { return }
    problems.add(link.problem ?? "closed")
  }

  func received(_ bytes: UnsafeRawBufferPointer, on link: Link, now: UInt64) {
    switch plan.speech {
    case .weir: receivedFrames(bytes, link, now)
    case .text:
      link.messages(in: bytes) { frame in receivedText(frame.payload, frame.wireBytes, link.index, now) }
    case .events: receivedEvents(bytes, link.index, now)
    }
  }

  private func receivedFrames(_ bytes: UnsafeRawBufferPointer, _ link: Link, _ now: UInt64) {
    link.messages(in: bytes) { frame in
      if let delta = DeltaView(frame.payload) {
        received(delta, frame.wireBytes, link.index, now)
      } else if let other = DeviceFrames.decode(frame.payload) {
        received(other, link.index)
      } else {
        problems.add("the server sent a frame that does not follow the schema")
      }
    }
  }

  private func received(_ delta: DeltaView, _ wireBytes: Int, _ index: Int, _ now: UInt64) {
    took(delta.text.count, wireBytes, index, now) { device, stamp in device.received(delta, now: now, stamp: stamp) }
  }

  private func receivedText(_ text: UnsafeRawBufferPointer, _ wireBytes: Int, _ index: Int, _ now: UInt64) {
    if text.isEmpty { return }
    took(text.count, wireBytes, index, now) { device, stamp in device.received(text: text, now: now, stamp: stamp) }
    endIfWhole(index)
  }

  private func receivedEvents(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ now: UInt64) {
    guard index < devices.count else { return problems.add("an event came before any question") }
    var wireBytes = bytes.count
    let problem = eventReaders[index].feed(bytes) { token in
      took(token.count, wireBytes, index, now) { device, stamp in device.received(text: token, now: now, stamp: stamp) }
      wireBytes = 0
    }
    if let problem { problems.add(problem) }
    endIfWhole(index)
  }

  /// Where only the tokens say that the answer has ended.
  private func endIfWhole(_ index: Int) {
    guard index < devices.count, devices[index].finished(ifStamped: plan.tokens(index)) else { return }
    endedOne(index)
  }

  private func took(
    _ textBytes: Int, _ wireBytes: Int, _ index: Int, _ now: UInt64,
    _ take: (inout ChatDevice, (UInt64) -> Void) -> ChatDevice.Arrival
  ) {
    guard index < devices.count else { return problems.add("a delta came before any message was sent") }
    let isCounted = !plan.isSpecial(index)
    var firstTime: UInt64?
    let arrival = take(&devices[index]) { time in
      firstTime = firstTime ?? time
      guard isCounted else { return }
      figures.stamped += 1
      figures.lag.record(now > time ? now - time : 0)
    }
    if case .wrong(let sentence) = arrival { return problems.add(sentence) }
    guard isCounted else { return }
    figures.deltas += 1
    figures.textBytes += textBytes
    figures.wireBytes += wireBytes
    switch arrival {
    case .first:
      firstDelta.record(now &- devices[index].sentAt)
      if let firstTime { firstLag.record(now > firstTime ? now - firstTime : 0) }
      answering += 1
      if answering == plan.counted, ended == 0 { openWindow(now: now) }
    case .later(let pause): figures.pause.record(pause)
    case .wrong: break
    }
  }

  private func received(_ frame: ServerFrame, _ index: Int) {
    switch frame.frame {
    case .turnStarted(let turn):
      if let problem = devices[index].started(turn.turnID) { problems.add(problem) }
    case .turnFinished(let end):
      let expected = plan.prompt == nil ? plan.tokens(index) : nil
      if let problem = devices[index].finished(end, expectedTokens: expected) { return problems.add(problem) }
      endedOne(index)
    case .turnFailed(let end): problems.add("an answer broke off: \(end.error?.message ?? "no reason given")")
    case .error(let error): problems.add("the server refused a message: \(error.message)")
    case .goodbye(let goodbye): problems.add("the server said goodbye: \(goodbye.message)")
    default: break
    }
  }

  private func endedOne(_ index: Int) {
    guard !plan.isSpecial(index) else { return }
    ended += 1
    if case .open = window { closeWindow() }
  }
}
