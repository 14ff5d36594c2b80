/// Things in the order of their times, equal times in the order they came: a binary heap. Nothing is taken out early;
/// who takes an entry looks whether it still means something.
struct TimeHeap<Value> {
  struct Entry {
    let time: MonotonicTime
    let number: UInt64
    let value: Value
  }

  private(set) var entries: [Entry] = []
  private var pushed: UInt64 = 0

  var first: Entry? { entries.first }
  var count: Int { entries.count }

  mutating func push(_ value: Value, at time: MonotonicTime) {
    pushed += 1
    entries.append(Entry(time: time, number: pushed, value: value))
    rise(entries.count - 1)
  }

  mutating func popFirst() -> Entry? {
    guard let earliest = entries.first else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      sink(0)
    }
    return earliest
  }

  /// Keeps only what still means something. Costs a step per entry.
  mutating func filter(_ isKept: (Value) -> Bool) {
    entries = entries.filter { isKept($0.value) }
    for parent in stride(from: entries.count / 2 - 1, through: 0, by: -1) { sink(parent) }
  }

  private static func isBefore(_ left: Entry, _ right: Entry) -> Bool {
    (left.time, left.number) < (right.time, right.number)
  }

  private mutating func rise(_ index: Int) {
    var child = index
    while child > 0 {
      let parent = (child - 1) / 2
      if !Self.isBefore(entries[child], entries[parent]) { return }
      entries.swapAt(parent, child)
      child = parent
    }
  }

  private mutating func sink(_ index: Int) {
    var parent = index
    while true {
      var least = parent
      for child in 2 * parent + 1...2 * parent + 2 where child < entries.count {
        if Self.isBefore(entries[child], entries[least]) { least = child }
      }
      if least == parent { return }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}

extension TimeHeap: Sendable where Value: Sendable {}
extension TimeHeap.Entry: Sendable where Value: Sendable {}
