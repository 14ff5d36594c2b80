/// What a provider said is left of one of its rate limits: so many, whole again after so long.
package struct RateLimitReading: Sendable, Equatable {
  package var limit: Int?
  package var remaining: Int
  package var resetAfter: Interval?

  package init(limit: Int? = nil, remaining: Int, resetAfter: Interval? = nil) {
    self.limit = limit
    self.remaining = remaining
    self.resetAfter = resetAfter
  }
}

/// What the headers of one response said of the rate limits.
package struct RateLimitReadings: Sendable, Equatable {
  package var requests: RateLimitReading?
  package var tokens: RateLimitReading?

  package init(requests: RateLimitReading? = nil, tokens: RateLimitReading? = nil) {
    self.requests = requests
    self.tokens = tokens
  }
}

/// A rate limit as the provider sees it, kept up between its own reports. Until it reports, nothing is held back.
struct ProviderWindow: Sendable {
  private static let unknownReset = Interval.seconds(1)

  private var level: Double?
  private var limit: Double?
  private var perSecond = 0.0
  private var at = MonotonicTime.zero
  private var wholeAt = MonotonicTime.zero
  /// All that has been spent ever.
  private(set) var spent = 0

  /// The provider's report in answer to a call that was sent when `spent` was `spentThen`: what was sent since it may
  /// not have counted yet.
  mutating func report(_ reading: RateLimitReading, spentThen: Int, now: MonotonicTime) {
    let reset = reading.resetAfter ?? Self.unknownReset
    let remaining = Double(max(0, reading.remaining))
    limit = reading.limit.map { Double(max(1, $0)) }
    level = remaining - Double(max(0, spent - spentThen))
    at = now
    wholeAt = now + reset
    // Providers refill evenly; one that does not will say so with its next report.
    perSecond = limit.map { reset.seconds > 0 ? max(0, $0 - remaining) / reset.seconds : 0 } ?? 0
  }

  mutating func spend(_ amount: Int, now: MonotonicTime) {
    spent += amount
    if let level = level(at: now) {
      self.level = level - Double(amount)
      at = now
    }
  }

  private func level(at now: MonotonicTime) -> Double? {
    guard let level else { return nil }
    if wholeAt <= now {
      if at < wholeAt { return limit }
      // What was said is over, and how fast the limit refills was not in it.
      if perSecond <= 0 { return nil }
    }
    guard let limit else { return level }
    return min(limit, level + now.since(at).seconds * perSecond)
  }

  /// Until so many can be spent; more than the whole limit can be when it is whole.
  func wait(for amount: Int, now: MonotonicTime) -> Interval {
    guard let level = level(at: now) else { return Interval(nanoseconds: 0) }
    let missing = min(limit ?? .greatestFiniteMagnitude, Double(amount)) - level
    if missing <= 1e-3 { return Interval(nanoseconds: 0) }
    let whole = wholeAt.since(now)
    guard perSecond > 0 else { return max(whole, .milliseconds(1)) }
    let even = Interval(nanoseconds: UInt64(min(3600, missing / perSecond) * 1e9) + 1)
    return whole > Interval(nanoseconds: 0) ? min(even, whole) : even
  }

  /// Nil: the provider has not said.
  func remaining(now: MonotonicTime) -> Int? { level(at: now).map { Int(min(Self.most, max(0, $0))) } }

  /// 2^53, up to which numbers are exact here. Some say "no limit" with the largest number they have.
  private static let most = Double(1 << 53)
}
