/// Leaves an endpoint alone that fails, and finds out with single calls when it works again.
package struct CircuitBreaker: Sendable {
  package enum State: Sendable, Equatable {
    /// Calls go.
    case closed
    /// No call goes before this time; then one may, as the probe.
    case open(until: MonotonicTime)
    /// The one call that goes is under way.
    case halfOpen
  }

  package enum Change: Sendable, Equatable {
    case opened(until: MonotonicTime)
    case closed
  }

  package private(set) var state = State.closed
  private let settings: BreakerSettings
  /// Successes and failures.
  private var recent: EventWindow
  private var failuresInRow = 0
  private var openings = 0

  package init(_ settings: BreakerSettings = BreakerSettings()) {
    self.settings = settings
    recent = EventWindow(settings.window)
  }

  /// A breaker with other rules, in the same state.
  func adopting(_ settings: BreakerSettings) -> CircuitBreaker {
    var breaker = CircuitBreaker(settings)
    breaker.state = state
    breaker.openings = openings
    breaker.failuresInRow = failuresInRow
    return breaker
  }

  /// The share of failures among the calls of the window; 0 while they are few.
  package var failureShare: Double {
    let calls = recent.ones + recent.others
    return calls < settings.minimumCalls ? 0 : Double(recent.others) / Double(calls)
  }

  /// Whether a call may go now as the probe.
  package func wantsProbe(now: MonotonicTime) -> Bool {
    if case .open(let until) = state { return until <= now }
    return false
  }

  /// The probe has started. Only after `wantsProbe`.
  package mutating func probeStarted() { state = .halfOpen }

  /// The probe ended without telling anything: another may go at once.
  package mutating func probeCancelled(now: MonotonicTime) {
    if state == .halfOpen { state = .open(until: now) }
  }

  /// A call got an answer. What started before the breaker opened says nothing of now: only the probe closes it.
  package mutating func succeeded(isProbe: Bool, now: MonotonicTime) -> Change? {
    switch state {
    case .closed:
      failuresInRow = 0
      recent.add(one: 1, now: now)
      return nil
    case .open: return nil
    case .halfOpen:
      guard isProbe else { return nil }
      state = .closed
      openings = 0
      failuresInRow = 0
      recent.clear()
      return .closed
    }
  }

  /// A call failed for a reason that lies with the endpoint.
  package mutating func failed(isProbe: Bool, now: MonotonicTime, using random: inout SplitMix64) -> Change? {
    switch state {
    case .closed:
      failuresInRow += 1
      recent.add(other: 1, now: now)
      let calls = recent.ones + recent.others
      let isBad = calls >= settings.minimumCalls && Double(recent.others) >= settings.failureShare * Double(calls)
      return failuresInRow >= settings.consecutiveFailures || isBad ? open(now, &random) : nil
    case .open: return nil
    case .halfOpen: return isProbe ? open(now, &random) : nil
    }
  }

  private mutating func open(_ now: MonotonicTime, _ random: inout SplitMix64) -> Change {
    let doubled = Double(settings.openTime.nanoseconds) * Double(1 << min(openings, 20))
    let time = min(doubled, Double(settings.longestOpenTime.nanoseconds))
    openings += 1
    let until = now + Interval(nanoseconds: UInt64(time * Double.random(in: 0.8...1.2, using: &random)))
    state = .open(until: until)
    return .opened(until: until)
  }
}
