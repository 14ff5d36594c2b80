// When to say how far something has come.

/// Says once a second that there is something to tell. Costs a look at the clock every thousand calls.
struct ProgressClock {
  private static let everyMs: UInt64 = 1000
  private var calls: UInt32 = 0
  private var told = WallClock.uptimeMs()

  /// Whether a second has passed since it was last so. `always`: look at the clock at each call.
  mutating func isDue(always: Bool = false) -> Bool {
    calls &+= 1
    guard always || calls % 1024 == 0 else { return false }
    let now = WallClock.uptimeMs()
    guard now - told >= Self.everyMs else { return false }
    told = now
    return true
  }
}
