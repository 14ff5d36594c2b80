internal import WeirCore

/// Attempts in the order of the time at which each wants to be looked at: a binary heap. An entry is never taken out
/// early; who takes it looks whether it still means something.
struct DeadlineHeap {
  struct Entry {
    let time: MonotonicTime
    let attempt: AttemptID
  }

  private var entries: [Entry] = []

  var first: MonotonicTime? { entries.first?.time }
  var count: Int { entries.count }

  mutating func push(_ time: MonotonicTime, _ attempt: AttemptID) {
    entries.append(Entry(time: time, attempt: attempt))
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if entries[parent].time <= entries[child].time { break }
      entries.swapAt(parent, child)
      child = parent
    }
  }

  /// The earliest entry, if its time has come.
  mutating func pop(now: MonotonicTime) -> Entry? {
    guard let earliest = entries.first, earliest.time <= now else { return nil }
    let last = entries.removeLast()
    if entries.isEmpty { return earliest }
    entries[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in 2 * parent + 1...2 * parent + 2 where child < entries.count {
        if entries[child].time < entries[least].time { least = child }
      }
      if least == parent { return earliest }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
