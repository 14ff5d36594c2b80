/// The client-side throttle of the Google SRE book ("Handling Overload"): when a provider takes less than one in K of
/// what it is asked, attempts are held back here with the probability max(0, (requests - K x accepts) / (requests +
/// 1)).
package struct AdaptiveThrottle: Sendable {
  private static let window = Interval.seconds(30)

  /// Fewer attempts say nothing.
  private static let minimumAttempts = 10

  private let multiplier: Double
  /// Attempts whose fate is known, and those of them that were taken. (Those under way are neither good nor bad.)
  private var attempts = EventWindow(AdaptiveThrottle.window)

  /// `multiplier` is K: 2 lets through twice what is taken.
  package init(multiplier: Double = 2) {
    self.multiplier = max(1, multiplier)
  }

  /// An attempt was taken, or was not.
  package mutating func note(isAccepted: Bool, now: MonotonicTime) {
    attempts.add(one: 1, other: isAccepted ? 1 : 0, now: now)
  }

  /// The probability with which an attempt is to be held back now.
  package mutating func probability(now: MonotonicTime) -> Double {
    attempts.advance(to: now)
    if attempts.ones < Self.minimumAttempts { return 0 }
    let (requests, accepts) = (Double(attempts.ones), Double(attempts.others))
    return max(0, (requests - multiplier * accepts) / (requests + 1))
  }
}
