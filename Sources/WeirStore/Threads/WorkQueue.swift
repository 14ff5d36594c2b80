// The way to a worker thread: cheap to put into, and it wakes the thread only if that sleeps.

import NIOConcurrencyHelpers

/// A queue from any thread to one or more worker threads, bounded by cost.
///
/// `@unchecked Sendable`: every stored property below `lock` is touched only between its `lock` and `unlock`.
final class WorkQueue<Element: Sendable>: @unchecked Sendable {
  enum Refusal {
    case closed
    case full
  }

  private enum Signal {
    case idle
    case ready
  }

  /// `ready`: there is something to take, or the queue is closed. Signalling costs a system call only when a thread
  /// waits for it.
  private let lock = ConditionLock<Signal>(value: .idle)
  private let costLimit: Int
  private var elements: [Element] = []
  /// Elements before this place have been taken.
  private var head = 0
  private var cost = 0
  private var isClosed = false

  /// `costLimit`: the highest cost of what has been put in and not been released.
  init(costLimit: Int) { self.costLimit = costLimit }

  /// What has been put in and not been released.
  var outstandingCost: Int {
    lock.lock()
    defer { lock.unlock() }
    return cost
  }

  /// Puts an element in, or says why not. One element is taken whatever it costs if nothing else is outstanding.
  func put(_ element: Element, cost elementCost: Int) -> Refusal? {
    lock.lock()
    if let refusal = refusal(of: elementCost) {
      lock.unlock()
      return refusal
    }
    cost += elementCost
    elements.append(element)
    lock.unlock(withValue: .ready)
    return nil
  }

  /// Puts elements in with one lock and one wake-up; those after the first refused one are refused like it, except that
  /// only a closed queue refuses what must be taken. Returns the places of those that were refused, and why.
  func put(
    contentsOf new: [(element: Element, cost: Int, mustBeTaken: Bool)]
  ) -> (refused: [Int], refusal: Refusal?) {
    var refused: [Int] = []
    var reason: Refusal?
    lock.lock()
    for (index, (element, elementCost, mustBeTaken)) in new.enumerated() {
      if reason == nil { reason = refusal(of: elementCost) }
      if isClosed || reason != nil && !mustBeTaken {
        refused.append(index)
      } else {
        cost += elementCost
        elements.append(element)
      }
    }
    if refused.count < new.count { lock.unlock(withValue: .ready) } else { lock.unlock() }
    return (refused, reason)
  }

  private func refusal(of elementCost: Int) -> Refusal? {
    if isClosed { return .closed }
    return cost > 0 && cost + elementCost > costLimit ? .full : nil
  }

  /// Waits for elements and moves all of them into `batch`, which is empty and gets its memory used again. False: the
  /// queue is closed and empty.
  func takeAll(into batch: inout [Element]) -> Bool {
    lock.lock(whenValue: .ready)
    precondition(batch.isEmpty && head == 0, "takeAll is not mixed with take, and gets an empty batch")
    swap(&elements, &batch)
    lock.unlock(withValue: isClosed ? .ready : .idle)
    return !batch.isEmpty
  }

  /// Waits for elements and takes its share of them: `1 / sharers`, at least one, at most `limit`. nil: the queue is
  /// closed and empty.
  func take(atMost limit: Int, sharers: Int) -> [Element]? {
    lock.lock(whenValue: .ready)
    let count = elements.count - head
    guard count > 0 else {
      lock.unlock(withValue: isClosed ? .ready : .idle)
      return isClosed ? nil : []
    }
    let share = min(limit, (count + sharers - 1) / sharers)
    let taken = Array(elements[head..<(head + share)])
    head += share
    // Moved to the front only when most of it is behind: each element is moved once on average.
    if head * 2 >= elements.count {
      elements.removeSubrange(..<head)
      head = 0
    }
    lock.unlock(withValue: isClosed || elements.count > head ? .ready : .idle)
    return taken
  }

  /// Makes room for what has been dealt with.
  func release(cost released: Int) {
    lock.lock()
    cost -= released
    lock.unlock()
  }

  /// Refuses what comes from now on. What is in the queue is still handed out.
  func close() {
    lock.lock()
    isClosed = true
    lock.unlock(withValue: .ready)
  }
}
