import NIOConcurrencyHelpers

/// A door that threads wait at until another opens it, for good.
final class Latch: Sendable {
  private let lock = ConditionLock(value: 0)

  func open() {
    lock.lock()
    lock.unlock(withValue: 1)
  }

  /// Waits on the calling thread.
  func wait() {
    lock.lock(whenValue: 1)
    lock.unlock()
  }

  var isOpen: Bool {
    guard lock.lock(whenValue: 1, timeoutSeconds: 0) else { return false }
    lock.unlock()
    return true
  }
}

/// The asynchronous side of a door: tests wait here without holding a thread.
struct Signal: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream()
  }

  func fire() { continuation.yield() }

  /// Waits for one `fire` that no other wait has taken.
  func wait() async {
    for await _ in stream { return }
  }
}
