import WeirClient

/// Time since the stopwatch was made, on a clock that nobody sets.
struct Stopwatch: Sendable {
  private let start = ContinuousClock.now

  var elapsed: Duration { ContinuousClock.now - start }
}

extension Duration {
  /// As a person says it: milliseconds below a second, days above two of them.
  var forPeople: String {
    let seconds = inSeconds
    let (value, unit, digits) =
      switch seconds {
      case ..<1: (inMilliseconds, "ms", 0)
      case ..<10: (seconds, "s", 1)
      case ..<120: (seconds, "s", 0)
      case ..<7_200: (seconds / 60, "min", 0)
      case ..<172_800: (seconds / 3_600, "h", 0)
      default: (seconds / 86_400, "days", 0)
      }
    return "\(JSONLine.decimal(value, digits: digits)) \(unit)"
  }
}
