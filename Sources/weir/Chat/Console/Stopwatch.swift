import WeirClient

/// Time since the stopwatch was made, on a clock that nobody sets.
struct Stopwatch: Sendable {
  private let start = ContinuousClock.now

  var elapsed: Duration { ContinuousClock.now - start }
}

extension Duration {
  /// As a person says it: milliseconds below a second, else seconds.
  var forPeople: String {
    self < .seconds(1)
      ? "\(JSONLine.decimal(inMilliseconds, digits: 0)) ms"
      : "\(JSONLine.decimal(inSeconds, digits: self < .seconds(10) ? 1 : 0)) s"
  }
}
