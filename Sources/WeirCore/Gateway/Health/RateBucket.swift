/// So many a minute, evenly: a bucket that fills at that rate and holds what comes in ten seconds.
package struct RateBucket: Sendable {
  private static let burstSeconds = 10.0
  /// Nothing that was taken holds others up for longer: what a provider says a call has cost may be absurd.
  private static let longestDebtSeconds = 3600.0

  package let perMinute: Int
  private var level: Double
  private var at = MonotonicTime.zero

  package init(perMinute: Int) {
    self.perMinute = max(1, perMinute)
    level = 0
    level = capacity
  }

  /// Another rate, as full as this one.
  func adopting(perMinute: Int) -> RateBucket {
    if perMinute == self.perMinute { return self }
    var bucket = RateBucket(perMinute: perMinute)
    bucket.level = bucket.capacity * level / capacity
    bucket.at = at
    return bucket
  }

  private var perSecond: Double { Double(perMinute) / 60 }
  private var capacity: Double { max(1, perSecond * Self.burstSeconds) }

  private func level(at now: MonotonicTime) -> Double {
    min(capacity, level + now.since(at).seconds * perSecond)
  }

  /// Until so many can be taken. More than the bucket holds can be taken when it is full.
  package func wait(for amount: Int, now: MonotonicTime) -> Interval {
    let missing = min(capacity, Double(amount)) - level(at: now)
    // A thousandth is lost in arithmetic, not in traffic.
    if missing <= 1e-3 { return Interval(nanoseconds: 0) }
    // At most the longest debt and a whole bucket, which is a minute if the rate is one a minute.
    return Interval(nanoseconds: UInt64(missing / perSecond * 1e9) + 1)
  }

  /// Takes so many, also more than there are: that is made up for before the next. A negative amount is given back.
  package mutating func take(_ amount: Int, now: MonotonicTime) {
    level = max(-Self.longestDebtSeconds * perSecond, min(capacity, level(at: now) - Double(amount)))
    at = max(at, now)
  }

  package func remaining(now: MonotonicTime) -> Int { Int(max(0, level(at: now))) }
}
