/// How long first tokens take, to tell which ones are late: counts in buckets a quarter apart, old ones fading.
struct FirstTokenTimes: Sendable {
  private static let buckets = 64
  private static let firstBound = 1_000_000.0
  private static let fadesAt = 4096

  private var counts = Array(repeating: 0, count: FirstTokenTimes.buckets)
  private(set) var samples = 0

  private static let bounds: [UInt64] = {
    var bounds: [UInt64] = []
    var bound = firstBound
    for _ in 0..<buckets {
      bounds.append(UInt64(bound))
      bound *= 1.25
    }
    return bounds
  }()

  mutating func record(_ time: Interval) {
    let bucket = Self.bounds.firstIndex { time.nanoseconds <= $0 } ?? Self.buckets - 1
    counts[bucket] += 1
    samples += 1
    guard samples >= Self.fadesAt else { return }
    for bucket in counts.indices { counts[bucket] /= 2 }
    samples = counts.reduce(0, +)
  }

  /// The time within which this share of first tokens came, rounded up by at most a quarter.
  func percentile(_ share: Double) -> Interval? {
    if samples == 0 { return nil }
    let wanted = Int((share * Double(samples)).rounded(.up))
    var sum = 0
    for (bucket, count) in counts.enumerated() {
      sum += count
      if sum >= wanted { return Interval(nanoseconds: Self.bounds[bucket]) }
    }
    return nil
  }
}
