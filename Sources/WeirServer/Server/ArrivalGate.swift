import NIOConcurrencyHelpers
import WeirCore

/// How many devices are let in a second while there is somebody whom more would disturb. Those that must come again are
/// told when: spread over the time that letting them all in will take, so that they are not a crowd again. Thread-safe.
final class ArrivalGate: Sendable {
  private struct State {
    var arrivals = RateGate()
    /// When all who have been sent away could be in.
    var refusedUntil = MonotonicTime.zero
  }

  /// A burst may be a quarter of a second's devices.
  private static let burst = Interval.milliseconds(250)
  /// Nobody is sent away for longer.
  private static let longestSeconds: UInt64 = 30

  private let rate: RateGate.Rate
  private let state = NIOLockedValueBox(State())

  /// So many devices a second, four or more.
  init(perSecond count: Int) {
    rate = RateGate.Rate(max(1, count / 4), in: Self.burst)
  }

  /// Lets one in (nil), or says in how many seconds it should come again. `draw` is any random number. Who is let in
  /// counts with `count(now:)`, once it is known who that is: strangers must not use up what devices need.
  func admit(now: MonotonicTime, draw: UInt64) -> Int? {
    state.withLockedValue { state in
      if state.arrivals.wait(rate, now: now).nanoseconds == 0 { return nil }
      state.refusedUntil = max(state.refusedUntil, now) + Interval(nanoseconds: rate.cost)
      let wave = state.refusedUntil.since(now).nanoseconds / 1_000_000_000
      // Whole seconds are all that Retry-After knows (RFC 9110 §10.2.3); devices add a part of one by themselves.
      return Int(1 + draw % (min(wave, Self.longestSeconds - 2) + 2))
    }
  }

  /// One was let in.
  func count(now: MonotonicTime) { state.withLockedValue { $0.arrivals.count(rate, now: now) } }
}
