/// A queue in an array: what has been taken leaves a gap at the front, which is closed when it is half of all.
struct FirstInFirstOut<Element> {
  private var storage: [Element?] = []
  private var head = 0

  var count: Int { storage.count - head }
  var isEmpty: Bool { head == storage.count }

  /// The element `offset` places behind the front.
  subscript(offset: Int) -> Element {
    get {
      guard let element = storage[head + offset] else { preconditionFailure("a taken element has no offset") }
      return element
    }
    set { storage[head + offset] = newValue }
  }

  mutating func append(_ element: Element) { storage.append(element) }

  mutating func popFirst() -> Element? {
    if isEmpty { return nil }
    let element = storage[head]
    storage[head] = nil
    head += 1
    if head == storage.count {
      storage.removeAll(keepingCapacity: storage.count <= 64)
      head = 0
    } else if head >= 32, head * 2 >= storage.count {
      storage.removeFirst(head)
      head = 0
    }
    return element
  }

  mutating func remove(at offset: Int) -> Element {
    let element = self[offset]
    storage.remove(at: head + offset)
    return element
  }
}

extension FirstInFirstOut: Sendable where Element: Sendable {}
