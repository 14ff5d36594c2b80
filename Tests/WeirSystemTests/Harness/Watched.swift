import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Something that was waited for did not happen in time.
struct TimedOut: Error, CustomStringConvertible {
  let what: String
  let limit: Duration
  let state: String

  var description: String { "\(what) did not happen within \(limit)\(state.isEmpty ? "" : "; so far: \(state)")" }
}

/// A value that changes on other threads and can be waited on: tests go on the moment something happens, and fail with
/// words when it does not.
final class Watched<Value: Sendable>: Sendable {
  private struct Waiter {
    let id: Int
    let what: String
    let limit: Duration
    /// Looks at the value; if it is what is waited for, returns the call that wakes the waiting task.
    let attempt: @Sendable (inout Value) -> (@Sendable () -> Void)?
    let fail: @Sendable (any Error) -> Void
    let timer: Scheduled<Void>
  }

  private struct State {
    var value: Value
    var waiters: [Waiter] = []
    var nextID = 0
  }

  private let state: NIOLockedValueBox<State>
  private let describe: @Sendable (Value) -> String

  /// `describe` tells, when a wait ends without success, what there was instead.
  init(_ value: Value, describe: @escaping @Sendable (Value) -> String = { _ in "" }) {
    state = NIOLockedValueBox(State(value: value))
    self.describe = describe
  }

  var value: Value { state.withLockedValue { $0.value } }

  /// Changes the value and wakes whoever waited for what it has become.
  @discardableResult
  func update<Result>(_ change: (inout Value) -> Result) -> Result {
    let (result, wakes) = state.withLockedValue { state in
      let result = change(&state.value)
      var wakes: [@Sendable () -> Void] = []
      state.waiters.removeAll { waiter in
        guard let wake = waiter.attempt(&state.value) else { return false }
        waiter.timer.cancel()
        wakes.append(wake)
        return true
      }
      return (result, wakes)
    }
    for wake in wakes { wake() }
    return result
  }

  /// Waits until `match` finds something in the value. `match` may take from the value what it found.
  func first<Found: Sendable>(
    _ what: String, within limit: Duration = .seconds(30), _ match: @escaping @Sendable (inout Value) -> Found?
  ) async throws -> Found {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Found, any Error>) in
      let found = state.withLockedValue { state -> Found? in
        if let found = match(&state.value) { return found }
        let id = state.nextID
        state.nextID += 1
        let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(limit)) { [self] in
          expire(id)
        }
        let attempt: @Sendable (inout Value) -> (@Sendable () -> Void)? = { value in
          guard let found = match(&value) else { return nil }
          return { continuation.resume(returning: found) }
        }
        state.waiters.append(
          Waiter(
            id: id, what: what, limit: limit, attempt: attempt, fail: { continuation.resume(throwing: $0) },
            timer: timer))
        return nil
      }
      if let found { continuation.resume(returning: found) }
    }
  }

  private func expire(_ id: Int) {
    let late: (Waiter, Value)? = state.withLockedValue { state in
      guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
      return (state.waiters.remove(at: index), state.value)
    }
    guard let (waiter, value) = late else { return }
    waiter.fail(TimedOut(what: waiter.what, limit: waiter.limit, state: describe(value)))
  }
}
