/// What first tokens take of late, and what they usually take: the least that the smoothed time was in the last minute
/// or two.
struct LatencyBaseline: Sendable {
  private static let window = Interval.seconds(60)
  /// Before that the smoothed time says little.
  private static let warmUp = 4

  /// Seconds, smoothed: an eighth of each new one.
  private(set) var recent = 0.0
  /// First tokens since the last judgement.
  private(set) var samples = 0
  private var recorded = 0
  private var least: Double?
  private var leastBefore: Double?
  private var windowEnds = MonotonicTime.zero

  /// Nil: too little is known.
  var usual: Double? {
    guard let least else { return leastBefore }
    return min(least, leastBefore ?? least)
  }

  mutating func record(_ seconds: Double, now: MonotonicTime) {
    recent = recorded == 0 ? seconds : recent + (seconds - recent) / 8
    recorded += 1
    samples += 1
    if windowEnds <= now {
      leastBefore = least
      least = nil
      windowEnds = now + Self.window
    }
    if recorded >= Self.warmUp { least = min(least ?? recent, recent) }
  }

  /// What comes now shows what the judgement did.
  mutating func judged() { samples = 0 }
}
