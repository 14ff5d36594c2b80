import NIOCore

/// A rate with a burst, in one number (a virtual schedule, as GCRA keeps it): each event moves the schedule one interval
/// on, time lets it fall back, and it may run ahead of the clock by the burst.
struct RateBudget {
  enum Spending: Equatable {
    case ample
    /// More than half of the burst is used.
    case tight
    case exceeded
  }

  private var schedule: NIODeadline = .uptimeNanoseconds(0)

  /// Counts one event at `now`.
  mutating func spend(at now: NIODeadline, perSecond: Int, burst: Int) -> Spending {
    let interval = 1_000_000_000 / Int64(max(1, perSecond))
    schedule = max(schedule, now) + .nanoseconds(interval)
    let ahead = (schedule - now).nanoseconds
    if ahead > interval * Int64(burst) { return .exceeded }
    return ahead * 2 > interval * Int64(burst) ? .tight : .ample
  }
}
