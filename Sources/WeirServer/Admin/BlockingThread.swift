import Glibc
import NIOConcurrencyHelpers

/// A thread for one piece of work that blocks, such as walking over much of a disk: neither event loops nor the tasks'
/// threads may be held up by that.
enum BlockingThread {
  private final class Work: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// No thread could be had.
  struct NoThread: Error, CustomStringConvertible {
    var description: String { "The system gives no more threads; raise the limit on processes." }
  }

  private static let running = NIOLockedValueBox(0)

  /// Waits until no such thread is at work, but no longer than so; says whether none is. What they use may go then.
  static func allEnded(within time: Duration) async -> Bool {
    let end = ContinuousClock.now + time
    while running.withLockedValue({ $0 > 0 }) {
      if ContinuousClock.now >= end { return false }
      try? await Task.sleep(for: .milliseconds(5))
    }
    return true
  }

  /// What `work`, run on a thread of its own, comes to. Throws what it throws, and `NoThread`.
  static func value<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let isRunning = run { continuation.resume(with: Result { try work() }) }
      if !isRunning { continuation.resume(throwing: NoThread()) }
    }
  }

  /// Runs `work` on a thread of its own. False: the system gives no more threads, and nothing was run.
  static func run(_ work: @escaping @Sendable () -> Void) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    // Taken over by the thread, which is the only one to look at it.
    let box = Unmanaged.passRetained(Work(work))
    running.withLockedValue { $0 += 1 }
    var thread = pthread_t()
    let result = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        do {
          // It lets go of all it used before it counts as ended.
          let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
          work.run()
        }
        BlockingThread.running.withLockedValue { $0 -= 1 }
        return nil
      }, box.toOpaque())
    if result != 0 {
      running.withLockedValue { $0 -= 1 }
      box.release()
    }
    return result == 0
  }
}
