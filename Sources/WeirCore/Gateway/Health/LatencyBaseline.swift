/// What first tokens take of late, and what they usually take: the least that the smoothed time was in the last minute
/// or two.
struct LatencyBaseline: Sendable {
  private static let window = Interval.seconds(60)
  /// Before that the smoothed time says little.
  private static let warmUp = 4

  /// Seconds since the last judgement, smoothed: an eighth of each new one.
  private(set) var recent = 0.0
  /// First tokens since the last judgement.
  private(set) var samples = 0
  private var least: Double?
  private var leastBefore: Double?
  private var windowEnds = MonotonicTime.zero

  /// Nil: too little is known.
  var usual: Double? {
    guard let least else { return leastBefore }
    return min(least, leastBefore ?? least)
  }

  mutating func record(_ seconds: Double, now: MonotonicTime) {
    recent = samples == 0 ? seconds : recent + (seconds - recent) / 8
    samples += 1
    if windowEnds <= now {
      leastBefore = least
      least = nil
      windowEnds = now + Self.window
    }
    if samples >= Self.warmUp { least = min(least ?? recent, recent) }
  }

  /// What comes now shows what the judgement did, and what was before is no part of it.
  mutating func judged() { samples = 0 }
}
