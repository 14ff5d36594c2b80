import Testing
import WeirCore

/// A gateway, providers and users in virtual time. The same seed plays the same day.
final class GatewaySimulation {
  enum End: Equatable {
    case finished
    case failed(AttemptOutcome)
    case refused(GatewayFailure)
    case cancelled
  }

  struct CallRecord {
    let call: GatewayCall
    let submittedAt: MonotonicTime
    /// How many were submitted before.
    let number: Int
    /// When its first attempt began, and how many had begun before in all.
    var startedAt: MonotonicTime?
    var rank: Int?
    /// When the attempt began that its user got the answer of.
    var servedAt: MonotonicTime?
    var end: End?
    var notices: [QueueNotice] = []
    var resumes = 0

    var wait: Double { (servedAt ?? startedAt ?? submittedAt).since(submittedAt).seconds }
  }

  struct AttemptRecord {
    let start: AttemptStart
    let at: MonotonicTime
    var answer: SimulatedProvider.Answer
    var isAborted = false
  }

  private enum Happening {
    case submit(GatewayCall)
    case first(AttemptID)
    case end(AttemptID, AttemptOutcome)
    case change((GatewaySimulation) -> Void)
  }

  var gateway: Gateway
  var providers: [String: SimulatedProvider]
  private(set) var now = MonotonicTime.at(1000)
  let start = MonotonicTime.at(1000)
  var calls: [CallID: CallRecord] = [:]
  var attempts: [AttemptRecord] = []
  var events: [(at: MonotonicTime, event: GatewayEvent)] = []
  var noticeTimes: [MonotonicTime] = []
  var estimateErrors: [Double] = []
  var random: SplitMix64
  /// Nanoseconds between two looks at the world: what happens in between is seen together.
  var quantum: UInt64 = 1
  private var indexOf: [AttemptID: Int] = [:]
  private var happenings: [(time: MonotonicTime, number: Int, what: Happening)] = []
  private var number = 0
  private var starts = 0

  init(_ settings: GatewaySettings, providers: [String: SimulatedProvider], seed: UInt64) {
    gateway = Gateway(settings, seed: seed)
    random = SplitMix64(seed: seed ^ 0xABCD)
    self.providers = providers
  }

  /// Seconds since the start.
  var clock: Double { now.since(start).seconds }

  func submit(_ call: GatewayCall, at seconds: Double) { plan(start + .fraction(seconds), .submit(call)) }

  func change(at seconds: Double, _ change: @escaping (GatewaySimulation) -> Void) {
    plan(start + .fraction(seconds), .change(change))
  }

  func cancel(_ callID: CallID) {
    guard calls[callID]?.end == nil, calls[callID] != nil else { return }
    for attempt in gateway.cancel(callID, now: now) { abort(attempt) }
    calls[callID]?.end = .cancelled
  }

  /// Goes on until nothing is left to happen, or this time has come. Returns the steps it took.
  @discardableResult
  func run(until seconds: Double = 1e6, eachStep check: (GatewaySimulation) -> Void = { _ in }) -> Int {
    let limit = start + .fraction(seconds)
    var steps = 0
    while true {
      let deadline = gateway.nextDeadline
      guard let next = [happenings.first?.time, deadline].compactMap({ $0 }).min(), next <= limit else { return steps }
      steps += 1
      now = max(now, MonotonicTime(nanoseconds: (next.nanoseconds + quantum - 1) / quantum * quantum))
      while let first = happenings.first, first.time <= now {
        removeFirst()
        happen(first.what)
      }
      var actions: [GatewayAction] = []
      gateway.poll(now: now, into: &actions)
      for action in actions { perform(action) }
      events += gateway.takeEvents().map { (now, $0) }
      check(self)
    }
  }

  // A binary heap would be more than a test needs to be quick.
  private func plan(_ time: MonotonicTime, _ what: Happening) {
    number += 1
    happenings.append((time, number, what))
    var child = happenings.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if isBefore(parent, child) { break }
      happenings.swapAt(parent, child)
      child = parent
    }
  }

  private func isBefore(_ one: Int, _ other: Int) -> Bool {
    (happenings[one].time, happenings[one].number) < (happenings[other].time, happenings[other].number)
  }

  private func removeFirst() {
    let last = happenings.removeLast()
    if happenings.isEmpty { return }
    happenings[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < happenings.count && isBefore(child, least) {
        least = child
      }
      if least == parent { return }
      happenings.swapAt(parent, least)
      parent = least
    }
  }

  private func happen(_ what: Happening) {
    switch what {
    case .submit(let call):
      let admission = gateway.submit(call, now: now)
      #expect(admission == .admitted, "call \(call.callID)")
      calls[call.callID] = CallRecord(call: call, submittedAt: now, number: calls.count)
    case .change(let change): change(self)
    case .first(let id):
      guard let index = indexOf[id], !attempts[index].isAborted else { return }
      if gateway.firstToken(id, now: now) {
        calls[attempts[index].start.callID]?.servedAt = attempts[index].at
      }
    case .end(let id, let outcome):
      guard let index = indexOf[id], !attempts[index].isAborted else { return }
      finish(index, outcome)
    }
  }

  private func finish(_ index: Int, _ outcome: AttemptOutcome) {
    let attempt = attempts[index]
    indexOf[attempt.start.attempt] = nil
    leave(attempt)
    let callID = attempt.start.callID
    switch gateway.ended(attempt.start.attempt, outcome, now: now) {
    case .goesOn: break
    case .resumes: calls[callID]?.resumes += 1
    case .ends: end(callID, outcome == .finished ? .finished : .failed(outcome))
    }
  }

  private func end(_ callID: CallID, _ end: End) {
    #expect(calls[callID] != nil && calls[callID]?.end == nil, "call \(callID) ends once")
    calls[callID]?.end = end
  }

  private func leave(_ attempt: AttemptRecord) {
    switch attempt.answer {
    case .streams, .breaksOff: providers[attempt.start.endpoint]?.running -= 1
    default: break
    }
  }

  private func abort(_ id: AttemptID) {
    guard let index = indexOf[id] else { return }
    attempts[index].isAborted = true
    indexOf[id] = nil
    leave(attempts[index])
    #expect(gateway.ended(id, .cancelled, now: now) == .goesOn)
  }

  private func perform(_ action: GatewayAction) {
    switch action {
    case .start(let start): begin(start)
    case .abort(let attempt): abort(attempt)
    case .notice(let notice):
      calls[notice.callID]?.notices.append(notice)
      noticeTimes.append(now)
    case .fail(let callID, let failure): end(callID, .refused(failure))
    }
  }

  private func begin(_ start: AttemptStart) {
    let answer = providers[start.endpoint]?.answer(using: &random) ?? .fails
    indexOf[start.attempt] = attempts.count
    attempts.append(AttemptRecord(start: start, at: now, answer: answer))
    if let error = start.estimateError { estimateErrors.append(error.seconds) }
    if calls[start.callID]?.startedAt == nil {
      calls[start.callID]?.startedAt = now
      calls[start.callID]?.rank = starts
      starts += 1
    }
    let soon = Interval.fraction(Double.random(in: 0.02...0.06, using: &random))
    switch answer {
    case .streams(let first, let whole):
      providers[start.endpoint]?.running += 1
      plan(now + first, .first(start.attempt))
      plan(now + whole, .end(start.attempt, .finished))
    case .breaksOff(let first, let whole):
      providers[start.endpoint]?.running += 1
      plan(now + first, .first(start.attempt))
      plan(now + whole, .end(start.attempt, .failedAfterFirst(isResumable: true)))
    case .overloaded(let retryAfter): plan(now + soon, .end(start.attempt, .overloaded(retryAfter: retryAfter)))
    case .fails: plan(now + soon, .end(start.attempt, .failedBeforeFirst(isRetryable: true)))
    case .rejected(let keyIsBad): plan(now + soon, .end(start.attempt, .rejected(keyIsBad: keyIsBad)))
    }
  }

  func count(_ end: End) -> Int { calls.values.count { $0.end == end } }

  /// The ends other than `finished`, for messages.
  var troubles: String {
    var counts: [String: Int] = [:]
    for call in calls.values where call.end != .finished {
      counts["\(call.end.map { "\($0)" } ?? "open")", default: 0] += 1
    }
    return "\(counts)"
  }
}

extension GatewaySettings {
  /// One pool, `m`, of these endpoints.
  static func one(_ endpoints: EndpointSettings...) -> GatewaySettings {
    GatewaySettings(endpoints: endpoints, pools: [PoolSettings(model: "m", endpoints: endpoints.map(\.name))])
  }
}
