/// What the gateway knows of an endpoint from its own traffic.
struct EndpointHealth: Sendable {
  /// Whether a call may go to it now.
  enum Availability: Sendable, Equatable {
    /// With the key of this index. `isProbe`: as the one call that finds out whether it is up again.
    case ready(key: Int, isProbe: Bool)
    /// All its places are taken.
    case full
    /// Its rate limits leave no room before this time.
    case limited(until: MonotonicTime)
    /// It fails, and is left alone until then; nil: until its probe has ended.
    case down(until: MonotonicTime?)
    /// The provider takes none of its keys; after this time one is tried again.
    case keyless(until: MonotonicTime)
  }

  /// More failures than this are no accidents.
  private static let strainShare = 0.05

  private(set) var settings: EndpointSettings
  private(set) var breaker: CircuitBreaker
  private(set) var limit: AdaptiveLimit
  private(set) var keys: [KeyHealth]
  private(set) var latency = LatencyMeter()
  private(set) var inFlight = 0
  private var requests: RateBucket?
  private var tokens: RateBucket?
  /// It is no longer configured; it goes with its last call.
  var isDraining = false
  private(set) var totals = EndpointTotals()

  init(_ settings: EndpointSettings) {
    self.settings = settings
    breaker = CircuitBreaker(settings.breaker)
    limit = AdaptiveLimit(initial: settings.initialConcurrent, ceiling: settings.maximumConcurrent)
    keys = Self.ids(settings).map { KeyHealth(id: $0) }
    requests = settings.requestsPerMinute.map { RateBucket(perMinute: $0) }
    tokens = settings.tokensPerMinute.map { RateBucket(perMinute: $0) }
  }

  /// An endpoint without keys has one that is none.
  private static func ids(_ settings: EndpointSettings) -> [UInt64] { settings.keys.isEmpty ? [0] : settings.keys }

  /// Takes over other settings; what is known of its health stays, and what is known of keys that stay.
  mutating func adopt(_ settings: EndpointSettings) {
    isDraining = false
    if settings.breaker != self.settings.breaker { breaker = breaker.adopting(settings.breaker) }
    limit = limit.adopting(ceiling: settings.maximumConcurrent)
    requests = settings.requestsPerMinute.map { requests?.adopting(perMinute: $0) ?? RateBucket(perMinute: $0) }
    tokens = settings.tokensPerMinute.map { tokens?.adopting(perMinute: $0) ?? RateBucket(perMinute: $0) }
    let known = keys
    keys = Self.ids(settings).map { id in known.first { $0.id == id } ?? KeyHealth(id: id) }
    self.settings = settings
  }

  func key(_ id: UInt64) -> Int? { keys.firstIndex { $0.id == id } }

  // MARK: Asking

  func availability(cost: Int, now: MonotonicTime) -> Availability {
    if isDraining { return .down(until: nil) }
    var isProbe = false
    switch breaker.state {
    case .closed: break
    case .halfOpen: return .down(until: nil)
    case .open(let until):
      guard until <= now else { return .down(until: until) }
      isProbe = true
    }
    guard isProbe || inFlight < limit.current else { return .full }
    var best: Int?
    var earliest: Interval?
    for index in keys.indices where !keys[index].isAside(now: now) {
      let wait = keys[index].wait(cost: cost, now: now)
      earliest = min(earliest ?? wait, wait)
      if wait > Interval(nanoseconds: 0) { continue }
      if let chosen = best, keys[chosen].inFlight <= keys[index].inFlight { continue }
      best = index
    }
    guard var wait = earliest else { return .keyless(until: keys.compactMap(\.asideUntil).min() ?? now) }
    if let requests { wait = max(wait, requests.wait(for: 1, now: now)) }
    if let tokens { wait = max(wait, tokens.wait(for: cost, now: now)) }
    guard let best, wait == Interval(nanoseconds: 0) else { return .limited(until: now + wait) }
    return .ready(key: best, isProbe: isProbe)
  }

  /// All its places are taken, and calls wait.
  mutating func awaited(now: MonotonicTime) {
    if breaker.state == .closed, inFlight >= limit.current { limit.eases(now: now) }
  }

  /// When it may have places without anything having ended; nil: not known.
  var widensAt: MonotonicTime? { inFlight >= limit.current ? limit.easesAt : nil }

  /// Places in use or free that count towards the pool's.
  var slots: Int { limit.current }

  /// What the choice between two endpoints goes by: the work it has, by its weight, and how slow it is. `otherwise`:
  /// the latency to assume if it has not been measured.
  func load(otherwise seconds: Double) -> Double {
    Double(inFlight + 1) * max(0.001, latency.seconds ?? seconds) / Double(max(1, settings.weight))
  }

  // MARK: What happens to its calls

  mutating func started(key: Int, cost: Int, isProbe: Bool, now: MonotonicTime) {
    inFlight += 1
    totals.attempts += 1
    keys[key].inFlight += 1
    keys[key].requests.spend(1, now: now)
    keys[key].tokens.spend(cost, now: now)
    requests?.take(1, now: now)
    tokens?.take(cost, now: now)
    if isProbe {
      breaker.probeStarted()
      totals.probes += 1
    }
  }

  mutating func reported(_ readings: RateLimitReadings, attempt: Attempt, now: MonotonicTime) {
    guard let key = key(attempt.key) else { return }
    if let reading = readings.requests {
      keys[key].requests.report(reading, spentThen: attempt.requestsThen, now: now)
    }
    if let reading = readings.tokens {
      keys[key].tokens.report(reading, spentThen: attempt.tokensThen, now: now)
    }
  }

  /// How often a call waits for this process until its first token is seen: to connect, to be written, to be read, and
  /// for the processor in between.
  private static let ownWaits: UInt64 = 8

  /// The first of the answer came: the endpoint works, and takes this many. `ownDelay`: see `Gateway`.
  mutating func answered(_ attempt: Attempt, ownDelay: Interval, now: MonotonicTime) -> CircuitBreaker.Change? {
    let time = now.since(attempt.startedAt)
    latency.record(time, now: now)
    let own = ownDelay.nanoseconds * Self.ownWaits
    limit.measured(
      Interval(nanoseconds: time.nanoseconds > own ? time.nanoseconds - own : 0), startedAt: attempt.startedAt, now: now
    )
    return accepted(attempt, now: now)
  }

  /// The provider took the call, whatever its answer.
  mutating func accepted(_ attempt: Attempt, now: MonotonicTime) -> CircuitBreaker.Change? {
    if let key = key(attempt.key) { keys[key].accepted() }
    let change = breaker.succeeded(isProbe: attempt.isProbe, now: now)
    if change == .closed {
      limit.recovers(now: now)
    } else {
      limit.accepted(atStart: attempt.atStart, inFlight: inFlight, startedAt: attempt.startedAt, now: now)
    }
    return change
  }

  /// The call holds no place any more. To be followed by what that means, if anything. `tokens`: what it really cost,
  /// if known.
  mutating func ended(_ attempt: Attempt, tokens used: Int?, now: MonotonicTime) {
    inFlight -= 1
    if let key = key(attempt.key) { keys[key].inFlight -= 1 }
    if let used { tokens?.take(used - attempt.cost, now: now) }
  }

  mutating func failed(
    _ attempt: Attempt, now: MonotonicTime, using random: inout SplitMix64
  ) -> CircuitBreaker.Change? {
    totals.failures += 1
    let change = breaker.failed(isProbe: attempt.isProbe, now: now, using: &random)
    if breaker.state == .closed {
      let isOften = breaker.failureShare > Self.strainShare
      limit.failed(atStart: attempt.atStart, isOften: isOften, startedAt: attempt.startedAt, now: now)
    }
    return change
  }

  /// True: the key is held now and was not before.
  mutating func overloaded(
    _ attempt: Attempt, retryAfter: Interval?, now: MonotonicTime, using random: inout SplitMix64
  ) -> Bool {
    totals.overloads += 1
    limit.overloaded(
      atStart: attempt.atStart, inFlight: inFlight + 1, startedAt: attempt.startedAt, now: now)
    // It is there, only busy: whoever comes next is held back by the key.
    if breaker.succeeded(isProbe: attempt.isProbe, now: now) == .closed { limit.recovers(now: now) }
    guard let key = key(attempt.key) else { return false }
    return keys[key].overloaded(retryAfter: retryAfter, now: now, using: &random)
  }

  /// The provider does not take the key; true: it was set aside for that. The endpoint is there, though.
  mutating func refusedKey(_ attempt: Attempt, now: MonotonicTime) -> Bool {
    totals.rejections += 1
    if breaker.succeeded(isProbe: attempt.isProbe, now: now) == .closed { limit.recovers(now: now) }
    guard let key = key(attempt.key) else { return false }
    let hasOthers = keys.indices.contains { $0 != key && !keys[$0].isAside(now: now) }
    return keys[key].refused(hasOthers: hasOthers, now: now)
  }

  /// The provider does not take this call, and would not take it a second time.
  mutating func rejected() { totals.rejections += 1 }

  /// The call told nothing of the endpoint.
  mutating func abandoned(_ attempt: Attempt, now: MonotonicTime) {
    if attempt.isProbe { breaker.probeCancelled(now: now) }
  }

  // MARK: For people

  /// When its keys are held until, if one is.
  func heldUntil(now: MonotonicTime) -> MonotonicTime? {
    let latest = keys.map(\.heldUntil).min() ?? .zero
    return now < latest ? latest : nil
  }

  func remainingRequests(now: MonotonicTime) -> Int? {
    let reported = keys.compactMap { $0.requests.remaining(now: now) }
    let sum = reported.isEmpty ? nil : reported.reduce(0, +)
    return [requests?.remaining(now: now), sum].compactMap { $0 }.min()
  }

  func remainingTokens(now: MonotonicTime) -> Int? {
    let reported = keys.compactMap { $0.tokens.remaining(now: now) }
    let sum = reported.isEmpty ? nil : reported.reduce(0, +)
    return [tokens?.remaining(now: now), sum].compactMap { $0 }.min()
  }
}

/// An endpoint's attempts so far, by what became of them.
package struct EndpointTotals: Sendable, Equatable {
  package var attempts = 0
  package var probes = 0
  package var failures = 0
  package var overloads = 0
  package var rejections = 0
}
