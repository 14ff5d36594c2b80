// A thread of our own: the store's work blocks, so it must not run on a pool that others wait for.

import Glibc
import Synchronization

/// A thread that runs `body` once. Who made it joins it; if nobody does, the system cleans up after it.
final class WorkerThread: Sendable {
  private let thread: pthread_t
  private let isJoined = Atomic(false)

  /// `name`: at most 15 bytes, shown by `top -H`.
  init(name: String, _ body: @escaping @Sendable () -> Void) throws(StoreError) {
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        // `pthread_create` passes on the argument it was given, which is the object retained above.
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        WorkerThread.name(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw StoreError(
        .noThread, "The system refused a thread: \(String(cString: strerror(code))). Raise the limit on processes.")
    }
    self.thread = thread
  }

  deinit {
    if isJoined.load(ordering: .relaxed) == false { pthread_detach(thread) }
  }

  /// Waits until `body` has returned. The first call waits; others return at once. Not to be called from `body`.
  func join() {
    precondition(pthread_equal(thread, pthread_self()) == 0, "a thread cannot wait for its own end")
    if isJoined.exchange(true, ordering: .relaxed) { return }
    pthread_join(thread, nil)
  }

  /// Names the current thread, for people who look. `pthread_setname_np` is hidden from Swift behind a feature macro.
  private static func name(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY)
    if file < 0 { return }
    _ = name.withCString { write(file, $0, strlen($0)) }
    close(file)
  }

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
}
