/// The time of first tokens as a choice between endpoints sees it (peak EWMA): up at once, down slowly.
struct LatencyMeter: Sendable {
  private static let memory = 10.0

  private(set) var seconds: Double?
  private var at = MonotonicTime.zero

  mutating func record(_ time: Interval, now: MonotonicTime) {
    let new = time.seconds
    defer { at = max(at, now) }
    guard let old = seconds, new < old else {
      seconds = new
      return
    }
    let kept = 1 / (1 + (now.since(at).seconds + 0.2) / Self.memory)
    seconds = new + (old - new) * kept
  }
}
