internal import Logging
internal import WeirCore
internal import WeirWire

/// The upstream thread's work: waits for sockets, time and commands, and handles all that has come together. Made on
/// one thread, then confined to its own. What happens to calls is in the extensions.
final class UpstreamLoop {
  let logger: Logger
  let shared: Metrics?
  let multi: CurlMulti
  let models: [String]
  private let poller: Poller
  private let mailbox: CommandMailbox
  private let endpoints: [Endpoint]
  private let endpointsByName: [String: Endpoint]

  var outbox: Outbox
  /// All calls that wait or hold a slot.
  var calls: [CallID: UpstreamCall] = [:]
  private var heap = DeadlineHeap()
  /// The time of this wake-up: asking the clock once is enough.
  private(set) var now = MonotonicClock.now
  private(set) var isPaused = false
  private var isStopping = false
  /// Calls the demo model has been asked to answer: decides which of them meet faults.
  private var demoCalls: UInt64 = 0

  init(
    endpoints: [Endpoint], sinks: [Outbox.Sink], poller: Poller, mailbox: CommandMailbox, logger: Logger,
    metrics: Metrics?
  ) throws(CurlError) {
    self.endpoints = endpoints
    endpointsByName = Dictionary(uniqueKeysWithValues: endpoints.map { ($0.configuration.name, $0) })
    models = endpoints.map(\.configuration.name)
    self.poller = poller
    self.mailbox = mailbox
    self.logger = logger
    shared = metrics
    outbox = Outbox(sinks: sinks)
    let connections = endpoints.reduce(0) { sum, endpoint in
      endpoint.route == nil ? sum : sum + endpoint.configuration.queue.maximumRunning
    }
    multi = try CurlMulti(poller: poller, maximumConnections: min(max(connections, 1), 8192))
  }

  /// Works until it is told to shut down.
  func run() {
    while !isStopping {
      poller.wait(untilNext(MonotonicClock.now), woken: { now = MonotonicClock.now }) { socket, ready in
        multi.ready(socket, ready)
      }
      multi.timeout(now: now)
      multi.deliverEnds()
      for command in mailbox.take() { perform(command) }
      fireTimers()
      for endpoint in endpoints { serve(endpoint) }
      outbox.flush()
    }
  }

  /// The model's endpoint; the empty name means the first.
  func endpoint(_ model: String) -> Endpoint? { model.isEmpty ? endpoints.first : endpointsByName[model] }

  private func untilNext(_ now: MonotonicTime) -> Interval? {
    var next = multi.deadline
    for time in [heap.first] + endpoints.map(\.queue.noticesDueAt) {
      if let time { next = min(next ?? time, time) }
    }
    return next?.since(now)
  }

  private func perform(_ command: CommandMailbox.Command) {
    switch command {
    case .submit(let requests): for request in requests { admit(request) }
    case .cancel(let callID): cancel(callID)
    case .setPaused(let isPaused): setPaused(isPaused)
    case .shutDown:
      isStopping = true
      for call in calls.values {
        if !call.isTold { fail(call, CallFailure.shuttingDown) }
        end(call)
      }
    }
  }

  /// Starts calls while there are slots.
  func fillSlots(_ endpoint: Endpoint) {
    while !isPaused, !isStopping, let callID = endpoint.queue.next() {
      if let call = calls[callID] { start(call) }
    }
  }

  /// Fills free slots, tells those who wait where they stand, and makes the figures visible.
  private func serve(_ endpoint: Endpoint) {
    fillSlots(endpoint)
    for notice in endpoint.queue.notices(now: now) {
      guard let call = calls[notice.callID] else { continue }
      let place = UpstreamEvent.Kind.queued(
        position: notice.position, lane: 0, reason: .capacity, estimateMs: notice.estimateMs)
      outbox.post(place, call.callID, shard: call.shard)
    }
    endpoint.publish()
  }

  /// Makes sure that the call is looked at when its deadline comes. A later deadline moves nothing: when the entry in the
  /// heap comes up, it is put back with the new time, so that a token costs no work here.
  func arm(_ call: UpstreamCall) {
    guard let deadline = call.deadline else { return }
    if let armedAt = call.armedAt, armedAt <= deadline { return }
    call.armedAt = deadline
    heap.push(deadline, call.callID)
  }

  private func fireTimers() {
    // Those that want to be looked at again at once wait for the next round, behind the sockets.
    var again: [UpstreamCall] = []
    while let entry = heap.pop(now: now) {
      guard let call = calls[entry.callID], call.armedAt == entry.time else { continue }
      call.armedAt = nil
      if let deadline = call.deadline, deadline <= now { timerFired(call) }
      if calls[entry.callID] != nil { again.append(call) }
    }
    for call in again { arm(call) }
  }

  private func setPaused(_ isPaused: Bool) {
    guard self.isPaused != isPaused else { return }
    self.isPaused = isPaused
    for call in Array(calls.values) {
      switch call.work {
      case .waiting: continue
      case .demo(let run): run.machine.setPaused(isPaused, now: now)
      case .chat(let run):
        run.machine.setPaused(isPaused, now: now)
        run.transfer?.setPaused(isPaused)
        // What had been held back came just now, and may have ended the call.
        if run.isAborted {
          end(call)
          continue
        }
      }
      arm(call)
    }
  }

  /// A number that decides whether a demo call meets the configured faults.
  func demoDraw(seed: UInt64) -> UInt64 {
    demoCalls += 1
    return StableHash.mix(seed &+ demoCalls &* 0x9e37_79b9_7f4a_7c15)
  }
}
