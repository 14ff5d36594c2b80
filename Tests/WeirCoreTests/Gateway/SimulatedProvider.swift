import WeirCore

/// A provider in virtual time: takes so many calls at once, and refuses or fails the rest.
struct SimulatedProvider {
  enum Answer: Equatable {
    /// The first token comes after the first time, the end after the second.
    case streams(first: Interval, whole: Interval)
    case overloaded(retryAfter: Interval?)
    case fails
    case rejected(keyIsBad: Bool)
    /// Breaks off after the first token.
    case breaksOff(first: Interval, whole: Interval)
  }

  var capacity = Int.max
  /// What calls beyond the capacity get.
  var beyond = Answer.overloaded(retryAfter: nil)
  /// What every call gets instead of an answer; nil: it works.
  var trouble: Answer?
  var firstToken: ClosedRange<Double> = 0.1...0.3
  var duration: ClosedRange<Double> = 0.8...1.2
  var running = 0

  mutating func answer(using random: inout SplitMix64) -> Answer {
    if let trouble { return trouble }
    if running >= capacity { return beyond }
    let first = Double.random(in: firstToken, using: &random)
    return .streams(first: .fraction(first), whole: .fraction(first + Double.random(in: duration, using: &random)))
  }
}

extension Interval {
  static let zero = Interval(nanoseconds: 0)

  static func fraction(_ seconds: Double) -> Interval { Interval(nanoseconds: UInt64(seconds * 1e9)) }
}

extension MonotonicTime {
  static func at(_ seconds: Double) -> MonotonicTime { .zero + .fraction(seconds) }

  var seconds: Double { Double(nanoseconds) / 1e9 }
}

/// What the 99th of a hundred waited, at least.
func percentile(_ share: Double, _ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
}
