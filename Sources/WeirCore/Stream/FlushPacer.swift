/// When the next sweep over the waiting devices may run (rule 6). A sweep writes to each device that has something to
/// get; the pacer leaves at least as long as the last sweep took before the next one. Idle, a sweep takes microseconds
/// and a token leaves at once; under load sweeps grow, tokens gather in between, and the cost per token falls.
package struct FlushPacer: Sendable {
  /// The longest pause, so that nobody can notice it.
  package let maximumPause: Interval
  private var notBefore = MonotonicTime.zero

  package init(maximumPause: Interval) {
    self.maximumPause = maximumPause
  }

  /// Whether a sweep may run now; else the time to ask again.
  package func next(at now: MonotonicTime) -> MonotonicTime? {
    now < notBefore ? notBefore : nil
  }

  /// A sweep ran.
  package mutating func swept(from start: MonotonicTime, to end: MonotonicTime) {
    notBefore = end + min(end.since(start), maximumPause)
  }
}
