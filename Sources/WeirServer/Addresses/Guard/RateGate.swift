import WeirCore

/// So many events in a period and no more, in one number (the generic cell rate algorithm): all of a period's may come at
/// once, then they come back one by one.
struct RateGate: Sendable, Equatable {
  /// The rate, shared by all gates of a kind.
  struct Rate: Sendable, Equatable {
    /// Nanoseconds that one event uses up.
    let cost: UInt64
    /// Nanoseconds that may be used up ahead of time.
    let allowance: UInt64

    /// `count` events in `period`, and as many at once. Both more than zero.
    init(_ count: Int, in period: Interval) {
      precondition(count > 0 && period.nanoseconds > 0, "a rate lets something through")
      cost = max(1, period.nanoseconds / UInt64(count))
      allowance = cost * UInt64(count)
    }
  }

  /// When all that has happened will be used up.
  private var end: UInt64 = 0

  /// How long until one more may happen; zero: now.
  func wait(_ rate: Rate, now: MonotonicTime) -> Interval {
    let (latest, overflow) = now.nanoseconds.addingReportingOverflow(rate.allowance - rate.cost)
    return Interval(nanoseconds: overflow || end <= latest ? 0 : end - latest)
  }

  /// One more happened.
  mutating func count(_ rate: Rate, now: MonotonicTime) {
    let (sum, overflow) = max(end, now.nanoseconds).addingReportingOverflow(rate.cost)
    end = overflow ? .max : sum
  }
}
