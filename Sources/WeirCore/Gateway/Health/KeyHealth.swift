/// One key of an endpoint: what the provider holds against it.
struct KeyHealth: Sendable {
  private static let firstAsideTime = Interval.seconds(30)
  private static let longestAsideTime = Interval.seconds(300)
  private static let firstHold = Interval.seconds(1)
  private static let longestHold = Interval.seconds(30)

  /// Changes when the secret does.
  let id: UInt64
  var inFlight = 0
  var requests = ProviderWindow()
  var tokens = ProviderWindow()
  private(set) var heldUntil = MonotonicTime.zero
  /// The provider does not know the key; after this time it is tried again.
  private(set) var asideUntil: MonotonicTime?
  private var refusals = 0
  private var timesAside = 0
  private var overloads = 0

  init(id: UInt64) {
    self.id = id
  }

  func isAside(now: MonotonicTime) -> Bool { asideUntil.map { now < $0 } ?? false }

  /// Until a call of this cost may use it.
  func wait(cost: Int, now: MonotonicTime) -> Interval {
    max(heldUntil.since(now), requests.wait(for: 1, now: now), tokens.wait(for: cost, now: now))
  }

  mutating func accepted() {
    refusals = 0
    overloads = 0
    timesAside = 0
    asideUntil = nil
  }

  /// The provider does not take the key. One refusal may be the provider's own mistake, so the only key there is stays
  /// in use until the second. True: it was set aside now.
  mutating func refused(hasOthers: Bool, now: MonotonicTime) -> Bool {
    refusals += 1
    guard hasOthers || refusals > 1, !isAside(now: now) else { return false }
    let time = min(Self.longestAsideTime.nanoseconds, Self.firstAsideTime.nanoseconds << UInt64(min(timesAside, 10)))
    timesAside += 1
    asideUntil = now + Interval(nanoseconds: time)
    return true
  }

  /// The provider had no room. It said when to come back, or has nothing else of ours that could make room: then the
  /// wait doubles with each time. True: it is held now and was not before.
  mutating func overloaded(retryAfter: Interval?, now: MonotonicTime, using random: inout SplitMix64) -> Bool {
    let wasHeld = now < heldUntil
    if let retryAfter, retryAfter > Interval(nanoseconds: 0) {
      heldUntil = max(heldUntil, now + retryAfter)
    } else if inFlight == 0 {
      let most = min(Self.longestHold.nanoseconds, Self.firstHold.nanoseconds << UInt64(min(overloads, 10)))
      overloads += 1
      heldUntil = max(
        heldUntil, now + Interval(nanoseconds: UInt64(Double(most) * Double.random(in: 0.5...1, using: &random))))
    }
    return !wasHeld && now < heldUntil
  }
}
