import WeirCore

/// Virtual time: what is to happen, in order. What is due at the same moment happens in the order in which it was planned,
/// so that a seed decides everything.
final class Schedule {
  private(set) var now = MonotonicTime(nanoseconds: 1_000_000_000)
  /// The clock on the wall, against `now`, in milliseconds since 1970; it may be set.
  private var wallAtStart: UInt64
  private var heap: [(time: MonotonicTime, number: UInt64, happen: () -> Void)] = []
  private var number: UInt64 = 0
  private(set) var steps = 0

  init(wallClockMs: UInt64) {
    wallAtStart = wallClockMs - 1000
  }

  var wallClockMs: UInt64 { wallAtStart + now.nanoseconds / 1_000_000 }

  /// Somebody sets the clock on the wall.
  func jump(ms: Int64) { wallAtStart = UInt64(Int64(wallAtStart) + ms) }

  /// Work takes time, too.
  func spend(_ interval: Interval) { now = now + interval }

  func after(_ interval: Interval, _ happen: @escaping () -> Void) { at(now + interval, happen) }

  func at(_ time: MonotonicTime, _ happen: @escaping () -> Void) {
    number += 1
    heap.append((max(time, now), number, happen))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if isBefore(parent, child) { break }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  /// Lets happen what is due until then, as long as `goesOn`.
  func run(until end: MonotonicTime, while goesOn: () -> Bool) {
    while let first = heap.first, first.time <= end, goesOn() {
      removeFirst()
      now = max(now, first.time)
      steps += 1
      first.happen()
    }
    if goesOn() { now = max(now, end) }
  }

  /// Forgets all that is to happen, and with it who holds whom.
  func clear() { heap = [] }

  private func isBefore(_ one: Int, _ other: Int) -> Bool {
    let (left, right) = (heap[one].time.nanoseconds, heap[other].time.nanoseconds)
    return left < right || (left == right && heap[one].number < heap[other].number)
  }

  private func removeFirst() {
    let last = heap.removeLast()
    if heap.isEmpty { return }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      let child = 2 * parent + 1
      if child < heap.count, isBefore(child, least) { least = child }
      if child + 1 < heap.count, isBefore(child + 1, least) { least = child + 1 }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
