/// Time since the stopwatch was made, on a clock that nobody sets.
struct Stopwatch: Sendable {
  private let start = ContinuousClock.now

  var elapsed: Duration { ContinuousClock.now - start }
}
