import CCurl
import Glibc

/// A thread of its own for a loop that never yields. It takes no signals: they are for the threads that expect them, and
/// a broken pipe is then an error of the write.
struct DriverThread: @unchecked Sendable {
  // @unchecked: a pthread_t is a number that names the thread in all threads; it is never changed.
  private let thread: pthread_t

  private final class Body: Sendable {
    let name: String
    let run: @Sendable () -> Void

    init(_ name: String, _ run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }

  /// Starts the thread; `name` has at most 15 bytes.
  init(name: String, _ run: @escaping @Sendable () -> Void) throws(CurlError) {
    var signals = sigset_t()
    var earlier = sigset_t()
    sigfillset(&signals)
    // The new thread inherits the mask.
    pthread_sigmask(SIG_BLOCK, &signals, &earlier)
    defer { pthread_sigmask(SIG_SETMASK, &earlier, nil) }
    var thread = pthread_t()
    let body = Unmanaged.passRetained(Body(name, run))
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
        weir_name_thread(body.name)
        body.run()
        return nil
      }, body.toOpaque())
    guard code == 0 else {
      body.release()
      throw CurlError("pthread_create failed with errno \(code)")
    }
    self.thread = thread
  }

  /// Waits until the thread has ended. Once, and not from the thread itself.
  func join() { pthread_join(thread, nil) }
}
