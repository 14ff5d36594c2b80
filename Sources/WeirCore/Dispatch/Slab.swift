/// Values at fixed places that are used again: an index stays good until its value is taken out. What is taken out
/// leaves nothing behind.
struct Slab<Element> {
  private var places: [Element?] = []
  private var free: [Int] = []

  var count: Int { places.count - free.count }

  /// The value at an index that `insert` gave and `remove` has not taken back.
  subscript(index: Int) -> Element {
    _read {
      // The indices are the owner's own, given out with a value: an empty place is a bug here, not outside data.
      yield places[index]!
    }
    _modify {
      yield &places[index]!
    }
  }

  /// The value at any index; nil: none is there.
  func get(_ index: Int) -> Element? { places.indices.contains(index) ? places[index] : nil }

  /// Whether there is a value at the index.
  func isUsed(_ index: Int) -> Bool { places.indices.contains(index) && places[index] != nil }

  /// The indices in use, ascending. Costs a step per place.
  var indices: [Int] { places.indices.filter { places[$0] != nil } }

  mutating func insert(_ element: Element) -> Int {
    if let index = free.popLast() {
      places[index] = element
      return index
    }
    places.append(element)
    return places.count - 1
  }

  /// Takes a value out. Memory that a crowd has needed is given back when the last one leaves.
  mutating func remove(_ index: Int) {
    places[index] = nil
    free.append(index)
    if free.count == places.count, places.count > 1024 {
      places = []
      free = []
    }
  }
}

extension Slab: Sendable where Element: Sendable {}
