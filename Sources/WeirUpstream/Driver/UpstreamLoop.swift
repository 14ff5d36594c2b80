internal import Logging
internal import WeirCore
internal import WeirWire

/// The upstream thread's work: waits for sockets, time and commands, and handles all that has come together. Made on
/// one thread, then confined to its own. What is to be done with calls the gateway decides; what happens to them and to
/// their attempts is in the extensions.
final class UpstreamLoop {
  let logger: Logger
  let shared: Metrics?
  let metrics: UpstreamMetrics
  let multi: CurlMulti
  private let poller: Poller
  private let mailbox: CommandMailbox

  private(set) var configuration: UpstreamConfiguration
  private(set) var endpoints: [String: Endpoint] = [:]
  /// The figures of the lanes in use.
  private(set) var lanes: [LaneMetrics]
  var gateway: Gateway
  var outbox: Outbox
  /// Calls whose shard does not know an end yet.
  var calls: [CallID: UpstreamCall] = [:]
  /// Attempts that have a connection, or the demo model at work.
  var attempts: [AttemptID: UpstreamAttempt] = [:]
  private var heap = DeadlineHeap()
  private var actions: [GatewayAction] = []
  /// The time of this wake-up: asking the clock once is enough.
  private(set) var now = MonotonicClock.now
  /// A few sockets had something to read in the last round, and nothing else happened. If more is to read within a moment
  /// of that, then there is much, and it waits for the moment's end: most of a small round goes to waking, asking and
  /// handing over. A token that comes later is taken at once, and so is what begins a call.
  private var hasOnlyStreamed = false
  private(set) var isPaused = false
  private(set) var isStopping = false
  /// Calls the demo model has been asked to answer: decides which of them meet faults.
  private var demoCalls: UInt64 = 0

  init(
    configuration: UpstreamConfiguration, sinks: [Outbox.Sink], poller: Poller, mailbox: CommandMailbox,
    logger: Logger, metrics: UpstreamMetrics, shared: Metrics?
  ) throws(CurlError) {
    self.configuration = configuration
    self.poller = poller
    self.mailbox = mailbox
    self.logger = logger
    self.metrics = metrics
    self.shared = shared
    lanes = metrics.adopt(configuration)
    gateway = Gateway(configuration.gateway, seed: .random(in: 0...UInt64.max))
    outbox = Outbox(sinks: sinks)
    multi = try CurlMulti(poller: poller, maximumConnections: Self.connections(configuration))
    makeEndpoints()
  }

  private static func connections(_ configuration: UpstreamConfiguration) -> Int {
    let sum = configuration.endpoints.reduce(0) {
      $1.provider == nil ? $0 : min(8192, $0 + min(8192, $1.maximumConcurrent))
    }
    return max(1, sum)
  }

  private func makeEndpoints() {
    endpoints = [:]
    for endpoint in configuration.endpoints {
      endpoints[endpoint.name] = Endpoint(endpoint, metrics: metrics.endpoint(endpoint.name))
    }
  }

  /// See `isBusy`.
  private static let busyDelay = Interval(nanoseconds: 200_000)
  /// How long tokens are let come together, and how many at once are together enough.
  private static let gathering = Interval(nanoseconds: 500_000)
  private static let gathered = 64

  /// Works until it is told to shut down.
  func run() {
    while !isStopping {
      let end = MonotonicClock.now
      noteDelay(until: end)
      if hasOnlyStreamed { poller.gather(Self.gathering) }
      var reads = 0
      var others = 0
      poller.wait(untilNext(end), woken: { now = MonotonicClock.now }) { socket, ready in
        if ready.isOnlyReadable { reads += 1 } else { others += 1 }
        multi.ready(socket, ready, isBusy: isBusy)
      }
      hasOnlyStreamed = others == 0 && (1..<Self.gathered).contains(reads)
      multi.timeout(now: now)
      multi.deliverEnds()
      for command in mailbox.take() {
        hasOnlyStreamed = false
        perform(command)
      }
      fireTimers()
      dispatch()
      publish()
      outbox.flush()
    }
  }

  /// What became ready just behind the last wake-up has waited for as long as that took. A busy process has such rounds
  /// one after another, and a short one between them says nothing.
  private func noteDelay(until end: MonotonicTime) {
    let round = end.since(now)
    let before = gateway.ownDelay.nanoseconds
    gateway.ownDelay = max(round, Interval(nanoseconds: before - before / 16))
  }

  /// Sockets wait long enough for their turn that sparing acknowledgements is worth more than sending them at once: for a
  /// provider with Nagle's algorithm the next token waits for one.
  private var isBusy: Bool { gateway.ownDelay >= Self.busyDelay }

  private func untilNext(_ now: MonotonicTime) -> Interval? {
    var next = multi.deadline
    // While paused nothing starts, and the gateway's wishes wait.
    for time in [heap.first, isPaused ? nil : gateway.nextDeadline] {
      if let time { next = min(next ?? time, time) }
    }
    return next?.since(now)
  }

  private func perform(_ command: CommandMailbox.Command) {
    switch command {
    case .submit(let requests): for request in requests { submit(request) }
    case .cancel(let callID): cancel(callID)
    case .setPaused(let isPaused): setPaused(isPaused)
    case .update(let configuration): update(configuration)
    case .inspect(let slowest, let reply): reply(gateway.snapshot(now: now, slowest: slowest), now)
    case .shutDown:
      isStopping = true
      for call in Array(calls.values) {
        for attempt in gateway.cancel(call.callID, now: now) { abort(attempt) }
        tell(call, CallFailure.shuttingDown)
      }
      // Those whose users know the end already.
      for attempt in Array(attempts.values) { release(attempt) }
    }
  }

  /// Carries out what the gateway says until it has no more to say.
  func dispatch() {
    while !isPaused, !isStopping {
      gateway.poll(now: now, into: &actions)
      if actions.isEmpty { break }
      var due: [GatewayAction] = []
      swap(&due, &actions)
      for action in due { perform(action) }
      // The array is used again: a poll that has nothing to say costs no allocation.
      due.removeAll(keepingCapacity: true)
      if actions.isEmpty { swap(&due, &actions) }
    }
    for event in gateway.takeEvents() { log(event) }
  }

  private func perform(_ action: GatewayAction) {
    switch action {
    case .start(let start): begin(start)
    case .abort(let attempt): abort(attempt)
    case .notice(let notice):
      guard let call = calls[notice.callID] else { return }
      let place = UpstreamEvent.Kind.queued(
        position: notice.position, lane: notice.lane, reason: notice.reason, estimateMs: notice.estimateMs)
      outbox.post(place, call.callID, shard: call.shard)
    case .fail(let callID, let failure):
      if let call = calls[callID] { tell(call, failure) }
    }
  }

  private func update(_ configuration: UpstreamConfiguration) {
    self.configuration = configuration
    makeEndpoints()
    multi.keep(connections: Self.connections(configuration))
    lanes = metrics.adopt(configuration)
    gateway.update(configuration.gateway, now: now)
  }

  private func publish() {
    for endpoint in endpoints.values { endpoint.publish(gateway.health(of: endpoint.configuration.name)) }
    metrics.publish(gateway, lanes: lanes)
  }

  /// Makes sure that the attempt is looked at when its deadline comes. A later deadline moves nothing: when the entry
  /// in the heap comes up, it is put back with the new time, so that a token costs no work here.
  func arm(_ attempt: UpstreamAttempt) {
    guard let deadline = attempt.deadline else { return }
    if let armedAt = attempt.armedAt, armedAt <= deadline { return }
    attempt.armedAt = deadline
    heap.push(deadline, attempt.id)
  }

  private func fireTimers() {
    // Those that want to be looked at again at once wait for the next round, behind the sockets.
    var again: [UpstreamAttempt] = []
    while let entry = heap.pop(now: now) {
      guard let attempt = attempts[entry.attempt], attempt.armedAt == entry.time else { continue }
      attempt.armedAt = nil
      if let deadline = attempt.deadline, deadline <= now { timerFired(attempt) }
      if attempts[entry.attempt] != nil { again.append(attempt) }
    }
    for attempt in again { arm(attempt) }
  }

  private func setPaused(_ isPaused: Bool) {
    guard self.isPaused != isPaused else { return }
    self.isPaused = isPaused
    for attempt in Array(attempts.values) {
      switch attempt.work {
      case nil: continue
      case .demo(let run): run.machine.setPaused(isPaused, now: now)
      case .chat(let run):
        run.machine.setPaused(isPaused, now: now)
        run.transfer?.setPaused(isPaused)
        // What had been held back came just now, and may have ended the attempt.
        if run.isAborted {
          release(attempt)
          continue
        }
      }
      arm(attempt)
    }
  }

  /// A number that decides whether a demo call meets the configured faults.
  func demoDraw(seed: UInt64) -> UInt64 {
    demoCalls += 1
    return StableHash.mix(seed &+ demoCalls &* 0x9e37_79b9_7f4a_7c15)
  }
}
