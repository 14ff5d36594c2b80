/// How often each of two things happened lately: counts in ten slices of a window that moves with the time.
struct EventWindow: Sendable {
  private static let slices = 10

  private let slice: UInt64
  private var counts: [(one: Int, other: Int)] = Array(repeating: (0, 0), count: EventWindow.slices)
  private var number: UInt64 = 0
  private(set) var ones = 0
  private(set) var others = 0

  init(_ window: Interval) {
    slice = max(1, window.nanoseconds / UInt64(Self.slices))
  }

  mutating func add(one: Int = 0, other: Int = 0, now: MonotonicTime) {
    advance(to: now)
    let place = Int(number % UInt64(Self.slices))
    counts[place].one += one
    counts[place].other += other
    ones += one
    others += other
  }

  /// Forgets what is older than the window.
  mutating func advance(to now: MonotonicTime) {
    let current = now.nanoseconds / slice
    guard current > number else { return }
    for step in 1...min(current - number, UInt64(Self.slices)) {
      let place = Int((number + step) % UInt64(Self.slices))
      ones -= counts[place].one
      others -= counts[place].other
      counts[place] = (0, 0)
    }
    number = current
  }

  mutating func clear() {
    for place in counts.indices { counts[place] = (0, 0) }
    (ones, others) = (0, 0)
  }
}
