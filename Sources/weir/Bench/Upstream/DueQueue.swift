/// Which stream's token is due next: a binary heap of times. A stream is in it at most once.
struct DueQueue {
  private var entries: [(due: UInt64, stream: Int)] = []

  var first: UInt64? { entries.first?.due }

  mutating func insert(_ stream: Int, due: UInt64) {
    entries.append((due, stream))
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if entries[parent].due <= entries[child].due { return }
      entries.swapAt(parent, child)
      child = parent
    }
  }

  /// Takes out a stream that is due at `now`; nil if none is.
  mutating func pop(due now: UInt64) -> Int? {
    guard let top = entries.first, top.due <= now else { return nil }
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in 2 * parent + 1...2 * parent + 2 where child < entries.count {
        if entries[child].due < entries[least].due { least = child }
      }
      if least == parent { return top.stream }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
