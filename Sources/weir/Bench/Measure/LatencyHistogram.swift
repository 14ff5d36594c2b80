/// Durations in nanoseconds, kept in buckets that are less than 1 % wide: recording costs the same however many there
/// are.
struct LatencyHistogram {
  /// 2^7 buckets for each power of two.
  private static let precision = 7
  private var buckets = [UInt64](repeating: 0, count: (65 - precision) << precision)
  private(set) var count: UInt64 = 0
  private(set) var maximum: UInt64 = 0

  mutating func record(_ nanoseconds: UInt64) {
    let exponent = max(0, 63 - Self.precision - (nanoseconds | 1).leadingZeroBitCount)
    buckets[exponent << Self.precision + Int(nanoseconds >> UInt64(exponent))] += 1
    count += 1
    maximum = max(maximum, nanoseconds)
  }

  /// The duration that a share of all (0 to 1) does not exceed; nil if there are none.
  func percentile(_ share: Double) -> UInt64? {
    guard count > 0 else { return nil }
    let rank = max(1, UInt64((share * Double(count)).rounded(.up)))
    var seen: UInt64 = 0
    for (index, bucket) in buckets.enumerated() {
      seen += bucket
      if seen >= rank { return min(maximum, Self.upperBound(of: index)) }
    }
    return maximum
  }

  /// The highest value that falls into a bucket.
  private static func upperBound(of index: Int) -> UInt64 {
    let exponent = max(0, index >> precision - 1)
    return (UInt64(index - exponent << precision) + 1) << UInt64(exponent) &- 1
  }
}

extension LatencyHistogram {
  /// Takes in all that another one has.
  mutating func add(_ other: LatencyHistogram) {
    for index in buckets.indices { buckets[index] += other.buckets[index] }
    count += other.count
    maximum = max(maximum, other.maximum)
  }
}
