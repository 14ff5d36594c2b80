import NIOConcurrencyHelpers

/// Hands elements from the client's loop to one reader, in order.
///
/// Bounded by its user: text by the credit window, events by `limit`, past which the oldest go and `overflow` says how
/// many. Putting never waits, so that the loop never does.
package final class Mailbox<Element: Sendable>: Sendable {
  private struct State {
    var elements: ArraySlice<Element> = []
    var dropped = 0
    var isFinished = false
    var reader: CheckedContinuation<Element?, Never>?
  }

  private let state = NIOLockedValueBox(State())
  private let limit: Int
  private let overflow: (@Sendable (Int) -> Element)?
  private let mergeBeyond: Int
  private let merge: @Sendable (inout Element, Element) -> Bool

  /// With `mergeBeyond` elements waiting, `merge` may put an element into the last one, and then says true. `limit`
  /// holds only where there is an `overflow`.
  package init(
    limit: Int = .max, overflow: (@Sendable (Int) -> Element)? = nil, mergeBeyond: Int = .max,
    merge: @escaping @Sendable (inout Element, Element) -> Bool = { _, _ in false }
  ) {
    self.limit = limit
    self.overflow = overflow
    self.mergeBeyond = mergeBeyond
    self.merge = merge
  }

  /// Puts an element; after `finish` it is dropped.
  package func put(_ element: Element) {
    let reader: CheckedContinuation<Element?, Never>? = state.withLockedValue { state in
      if state.isFinished { return nil }
      if let reader = state.reader {
        state.reader = nil
        return reader
      }
      if state.elements.count >= mergeBeyond, merge(&state.elements[state.elements.endIndex - 1], element) {
        return nil
      }
      state.elements.append(element)
      if overflow != nil, state.elements.count > limit {
        state.elements.removeFirst()
        state.dropped += 1
      }
      return nil
    }
    reader?.resume(returning: element)
  }

  /// No more will come; what waits can still be read.
  package func finish() {
    let reader = state.withLockedValue { state in
      state.isFinished = true
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume(returning: nil)
  }

  /// The next element; nil after the last, and when the reading task is cancelled. For one reader at a time: another
  /// one that comes meanwhile gets nil.
  package func next() async -> Element? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer: Element?? = state.withLockedValue { state in
          if state.dropped > 0, let overflow {
            defer { state.dropped = 0 }
            return .some(overflow(state.dropped))
          }
          if let element = state.elements.popFirst() { return .some(element) }
          if state.isFinished || state.reader != nil || Task.isCancelled { return .some(nil) }
          state.reader = continuation
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      let reader = state.withLockedValue { state in
        defer { state.reader = nil }
        return state.reader
      }
      reader?.resume(returning: nil)
    }
  }
}
