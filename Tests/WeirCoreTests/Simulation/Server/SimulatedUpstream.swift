import WeirCore
import WeirWire

/// The upstream thread: the real gateway decides, simulated providers answer. What a wake-up brings for a shard leaves as one
/// batch.
final class SimulatedUpstream {
  /// A call until its shard knows the end.
  final class Call {
    let request: UpstreamRequest
    let callID: CallID
    let model: String
    /// Nil: a call of its own; else what happens goes to all who share it.
    let flight: SimulatedFlight?
    var lastError: WeirError?
    /// A provider has taken it.
    var isStarted = false
    /// The plain text so far, and whether that is all.
    var spoken: [UInt8] = []
    var isPlain = true

    init(_ request: UpstreamRequest, _ callID: CallID, model: String, flight: SimulatedFlight?) {
      self.request = request
      self.callID = callID
      self.model = model
      self.flight = flight
    }

    var isResumable: Bool { request.mayResumeElsewhere && isPlain && !spoken.isEmpty }
  }

  final class Attempt {
    let id: AttemptID
    let call: Call
    let endpoint: String
    var answer: SimulatedAnswer
    var isAnswered = false
    var isReported = false
    /// A step came due while reading was paused.
    var isHeld = false

    init(_ id: AttemptID, _ call: Call, _ endpoint: String, _ answer: SimulatedAnswer) {
      self.id = id
      self.call = call
      self.endpoint = endpoint
      self.answer = answer
    }
  }

  private unowned let run: ServerSimulation
  private unowned let process: ServerProcess
  private var gateway: Gateway
  private var calls: [CallID: Call] = [:]
  private var attempts: [AttemptID: Attempt] = [:]
  private var flights: [[UInt8]: SimulatedFlight] = [:]
  private var flightOf: [CallID: SimulatedFlight] = [:]
  private var lastFlight: UInt32 = 0
  private var commands: [(SimulatedUpstream) -> Void] = []
  private var batches: [UpstreamBatch]
  private var isPaused = false
  private var timer: MonotonicTime?

  init(_ process: ServerProcess, _ run: ServerSimulation) {
    self.process = process
    self.run = run
    gateway = Gateway(run.gatewaySettings, seed: run.dice.bits())
    batches = Array(repeating: UpstreamBatch(), count: run.shards)
  }

  /// From a shard: one wake-up for all that gathers.
  func post(_ command: @escaping (SimulatedUpstream) -> Void) {
    commands.append(command)
    if commands.count > 1 { return }
    later(run.dice.micros(1, 300)) { upstream in
      let due = upstream.commands
      upstream.commands = []
      for command in due { command(upstream) }
    }
  }

  /// Something happens on the thread, and then what follows from it.
  private func later(_ pause: Interval, _ body: @escaping (SimulatedUpstream) -> Void) {
    run.schedule.after(pause) { [self] in
      guard process.isAlive else { return }
      body(self)
      dispatch()
      flush()
      arm()
    }
  }

  private func arm() {
    guard !isPaused, let next = gateway.nextDeadline else { return }
    if let timer, timer <= next { return }
    timer = next
    later(next.since(run.schedule.now)) { if $0.timer == next { $0.timer = nil } }
  }

  private func dispatch() {
    while !isPaused {
      var actions: [GatewayAction] = []
      gateway.poll(now: run.schedule.now, into: &actions)
      if actions.isEmpty { break }
      for action in actions { perform(action) }
    }
    _ = gateway.takeEvents()
  }

  private func flush() {
    for shard in batches.indices where !batches[shard].isEmpty {
      let batch = batches[shard]
      batches[shard] = UpstreamBatch()
      process.rigs[shard].post { $0.upstream.append(batch) }
    }
  }

  // MARK: Calls

  func submit(_ requests: [UpstreamRequest]) {
    for request in requests {
      run.promises.called(request, process: process.number)
      if request.cacheKey.isEmpty {
        admit(request, request.callID, nil)
      } else if let flight = flights[request.cacheKey],
        flight.hasStarted || request.lane >= flight.lane
      {
        join(request, flight)
      } else if flights[request.cacheKey] != nil {
        admit(request, request.callID, nil)
      } else {
        lastFlight += 1
        let flight = SimulatedFlight(callID: CallID(lastFlight), request: request)
        flights[request.cacheKey] = flight
        flightOf[request.callID] = flight
        admit(request, flight.callID, flight)
      }
    }
  }

  private func join(_ request: UpstreamRequest, _ flight: SimulatedFlight) {
    flight.members.append(.init(callID: request.callID, shard: request.shard, isFirst: false))
    if !flight.isOver { flightOf[request.callID] = flight }
    for happening in flight.record { tell(happening, flight.members[flight.members.count - 1]) }
  }

  private func admit(_ request: UpstreamRequest, _ callID: CallID, _ flight: SimulatedFlight?) {
    let model = request.model.isEmpty ? run.policy.models[0].name : request.model
    let call = Call(request, callID, model: model, flight: flight)
    let offered = GatewayCall(
      callID: callID, user: request.user, model: model, lane: request.lane, cost: request.cost,
      bytes: request.messages.reduce(0) { $0 + $1.text.utf8.count }, startBy: request.startBy,
      mayResumeElsewhere: request.mayResumeElsewhere)
    calls[callID] = call
    switch gateway.submit(offered, now: run.schedule.now) {
    case .admitted: dispatch()
    case .unknownModel, .duplicate:
      run.promises.broke("call \(callID) of model \(model) is not known, or twice")
    case .noUsableKey: fail(call, Self.error(.upstreamRejected))
    case .full(let retryAfterMs):
      var error = Self.error(.overloaded)
      error.retryAfterMs = retryAfterMs
      fail(call, error)
    }
  }

  func cancel(_ callID: CallID) {
    if let flight = flightOf.removeValue(forKey: callID) {
      flight.members.removeAll { $0.callID == callID }
      if !flight.members.isEmpty { return }
      flights[flight.request.cacheKey] = nil
      return stop(flight.callID)
    }
    stop(callID)
  }

  private func stop(_ callID: CallID) {
    guard calls.removeValue(forKey: callID) != nil else { return }
    for attempt in gateway.cancel(callID, now: run.schedule.now) { abort(attempt) }
  }

  private func fail(_ call: Call, _ error: WeirError) { end(call, .event(.failed(error))) }

  private func end(_ call: Call, _ last: SimulatedFlight.Happening) {
    guard calls.removeValue(forKey: call.callID) != nil else { return }
    tell(last, call)
    guard let flight = call.flight else { return }
    flight.isOver = true
    for member in flight.members { flightOf[member.callID] = nil }
    // A whole answer stays for a moment, until the store has it.
    let isWhole = if case .event(.finished) = last { true } else { false }
    let key = flight.request.cacheKey
    let stay = isWhole ? Interval.seconds(5) : Interval(nanoseconds: 0)
    if !isWhole {
      flights[key] = nil
      return
    }
    later(stay) { if $0.flights[key] === flight { $0.flights[key] = nil } }
  }

  private func tell(_ happening: SimulatedFlight.Happening, _ call: Call) {
    guard let flight = call.flight else {
      return tell(happening, .init(callID: call.callID, shard: call.request.shard, isFirst: true))
    }
    flight.note(happening)
    for member in flight.members { tell(happening, member) }
  }

  private func tell(_ happening: SimulatedFlight.Happening, _ member: SimulatedFlight.Member) {
    switch happening {
    case .text(let text): batches[member.shard].append(text: text, to: member.callID)
    case .event(.started(let model, let endpoint, _)):
      batches[member.shard].events.append(
        UpstreamEvent(
          callID: member.callID,
          kind: .started(model: model, endpoint: endpoint, isShared: !member.isFirst)))
    case .event(let kind):
      batches[member.shard].events.append(UpstreamEvent(callID: member.callID, kind: kind))
    }
    run.promises.emitted(happening, call: member.callID, process: process.number)
  }

  static func error(_ code: ErrorCode) -> WeirError {
    WeirError(code: code, message: "The provider fails, as it was told to.", retryable: true)
  }

  // MARK: Attempts

  private func perform(_ action: GatewayAction) {
    switch action {
    case .start(let start): begin(start)
    case .abort(let attempt): abort(attempt)
    case .notice(let notice):
      guard let call = calls[notice.callID] else { return }
      tell(
        .event(
          .queued(
            position: notice.position, lane: notice.lane, reason: notice.reason,
            estimateMs: notice.estimateMs)), call)
    case .fail(let callID, let failure):
      guard let call = calls[callID] else { return }
      let code: ErrorCode = failure == .noUsableKey ? .upstreamRejected : .deadlineExceeded
      fail(call, call.lastError ?? Self.error(code))
    }
  }

  private func begin(_ start: AttemptStart) {
    guard let call = calls[start.callID] else {
      _ = gateway.ended(start.attempt, .cancelled, now: run.schedule.now)
      return
    }
    switch start.kind {
    case .first, .retry: tell(.event(.sent), call)
    case .resume(let origin):
      tell(
        .event(
          .seam(
            reason: call.lastError ?? Self.error(.upstreamFailed), from: origin, to: start.endpoint)
        ), call)
    case .hedge: break
    }
    let answer = run.providers.answer(call.request, at: start.endpoint, after: call.spoken)
    let attempt = Attempt(start.attempt, call, start.endpoint, answer)
    attempts[attempt.id] = attempt
    advance(attempt)
  }

  /// Plans the next step of an attempt.
  private func advance(_ attempt: Attempt) {
    guard let step = attempt.answer.next else { return }
    later(step.pause) { upstream in
      guard upstream.attempts[attempt.id] != nil else { return }
      if upstream.isPaused {
        attempt.isHeld = true
      } else {
        upstream.carryOut(attempt)
      }
    }
  }

  private func carryOut(_ attempt: Attempt) {
    guard let step = attempt.answer.takeNext() else { return }
    switch step.what {
    case .text(let text):
      guard takesPlace(attempt) else { return }
      if attempt.call.isPlain { attempt.call.spoken += text }
      tell(.text(text), attempt.call)
    case .part(let mark):
      guard takesPlace(attempt) else { return }
      attempt.call.isPlain = attempt.call.isPlain && mark.kind == .text
      tell(.event(.part(mark)), attempt.call)
    case .signature(let signature):
      guard takesPlace(attempt) else { return }
      tell(.event(.signature(signature)), attempt.call)
    case .finish(let reason, let usage):
      guard takesPlace(attempt) else { return }
      end(attempt.call, .event(.finished(reason: reason, usage: usage)))
      return release(attempt, .finished)
    case .fail(let code, let before):
      let outcome =
        attempt.isAnswered ? .failedAfterFirst(isResumable: attempt.call.isResumable) : before
      attempt.call.lastError = Self.error(code)
      attempt.isReported = true
      let verdict = gateway.ended(attempt.id, outcome, now: run.schedule.now)
      if verdict == .ends { fail(attempt.call, Self.error(code)) }
      attempts[attempt.id] = nil
      return
    }
    advance(attempt)
  }

  /// Whether this attempt's answer is the one its user gets.
  private func takesPlace(_ attempt: Attempt) -> Bool {
    if attempt.isAnswered { return true }
    guard gateway.firstToken(attempt.id, now: run.schedule.now) else {
      release(attempt, .cancelled)
      return false
    }
    attempt.isAnswered = true
    if !attempt.call.isStarted {
      attempt.call.isStarted = true
      tell(.event(.started(model: attempt.call.model, endpoint: attempt.endpoint, isShared: false)), attempt.call)
    }
    return true
  }

  private func abort(_ id: AttemptID) {
    guard let attempt = attempts[id] else {
      _ = gateway.ended(id, .cancelled, now: run.schedule.now)
      return
    }
    release(attempt, .cancelled)
  }

  private func release(_ attempt: Attempt, _ outcome: AttemptOutcome) {
    attempts[attempt.id] = nil
    if attempt.isReported { return }
    attempt.isReported = true
    _ = gateway.ended(attempt.id, outcome, now: run.schedule.now)
  }

  func setPaused(_ paused: Bool) {
    isPaused = paused
    if paused { return }
    for attempt in attempts.values.sorted(by: { $0.id < $1.id }) where attempt.isHeld {
      attempt.isHeld = false
      carryOut(attempt)
    }
  }

  /// What is under way; nil: nothing.
  var leftovers: String? {
    let left = [
      ("calls", calls.count), ("attempts", attempts.count), ("members", flightOf.count),
      ("waiting in the gateway", gateway.waiting), ("running in the gateway", gateway.running),
    ].filter { $0.1 != 0 }
    return left.isEmpty
      ? nil : "upstream: " + left.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
  }
}
