/// How calls are tried again. One layer does it, this one.
package struct RetrySettings: Sendable, Equatable {
  /// Attempts of a call in all, those included that the provider had no room for.
  package var maximumAttempts = 3
  /// The time before a second attempt is drawn from zero up to this, before a third from zero up to twice this.
  package var backoff = Interval.milliseconds(250)
  package var maximumBackoff = Interval.seconds(8)
  /// Retries and hedges allowed for each first attempt, of the whole process.
  package var budgetShare = 0.1
  /// What may be tried again in ten seconds, however few calls there are.
  package var budgetMinimum = 10
  /// An answer that breaks off and may go on elsewhere does so within this time, or fails.
  package var resumeWithin = Interval.seconds(10)

  package init() {}

  /// The time to wait before the next attempt, after so many: full jitter, so that what failed together does not come
  /// back together.
  func backoff(after attempts: Int, using random: inout SplitMix64) -> Interval {
    let limit = Double(backoff.nanoseconds) * Double(1 << min(20, max(0, attempts - 1)))
    let most = min(limit, Double(maximumBackoff.nanoseconds))
    return Interval(nanoseconds: UInt64(Double.random(in: 0...1, using: &random) * most))
  }
}
