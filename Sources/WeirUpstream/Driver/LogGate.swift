internal import WeirCore

/// Lets one line a second through, and counts the others, so that an outage does not fill the disk.
struct LogGate {
  private static let interval = Interval.seconds(1)

  private var opensAt = MonotonicTime.zero
  private var held = 0

  /// How many lines were held back since the last one, if a line may go now; nil: hold this one back.
  mutating func pass(now: MonotonicTime) -> Int? {
    guard opensAt <= now else {
      held += 1
      return nil
    }
    opensAt = now + Self.interval
    defer { held = 0 }
    return held
  }
}
