/// What the process may spend on second attempts: a share of its recent first attempts, and a little more for quiet
/// times. However much fails, what reaches the providers stays within that share of what was asked for.
package struct RetryBudget: Sendable {
  private static let window = Interval.seconds(10)

  private let share: Double
  private let minimum: Double
  private var firsts = EventWindow(RetryBudget.window)
  private var left: Double
  /// What first attempts have earned in the ten seconds that go on.
  private var earned = 0.0
  private var windowEnds = MonotonicTime.zero + RetryBudget.window

  package init(share: Double = 0.1, minimum: Int = 2) {
    self.share = max(0, share)
    self.minimum = Double(max(0, minimum))
    left = self.minimum * 2
  }

  /// A budget with other rules that keeps what is left.
  func adopting(share: Double, minimum: Int) -> RetryBudget {
    var budget = RetryBudget(share: share, minimum: minimum)
    budget.firsts = firsts
    budget.left = left
    budget.earned = earned
    budget.windowEnds = windowEnds
    return budget
  }

  /// A first attempt was made.
  package mutating func earn(now: MonotonicTime) {
    advance(to: now)
    firsts.add(one: 1, now: now)
    earned += share
    left += share
  }

  /// Whether a second attempt is allowed now.
  package mutating func hasOne(now: MonotonicTime) -> Bool {
    advance(to: now)
    // Ten tenths are one, whatever binary fractions make of it.
    return left >= 1 - 1e-9
  }

  /// A second attempt was made. Ask `hasOne` before.
  package mutating func spend(now: MonotonicTime) {
    advance(to: now)
    left -= 1
  }

  /// Whole attempts left.
  package var remaining: Int { Int(left + 1e-9) }

  /// What can be saved up at most, as traffic was of late.
  package var most: Int { Int(share * Double(firsts.ones) + minimum * 2) }

  /// When there may be one, if nothing but time passes.
  var refillsAt: MonotonicTime? { minimum > 0 ? windowEnds : nil }

  /// Quiet times earn the minimum too. What is saved is bounded by what the recent traffic has earned, so that a long
  /// day without failures does not buy a storm.
  private mutating func advance(to now: MonotonicTime) {
    firsts.advance(to: now)
    if now >= windowEnds {
      left += max(0, minimum - earned)
      earned = 0
      windowEnds = now + Self.window
    }
    left = min(left, share * Double(firsts.ones) + minimum * 2)
  }
}
