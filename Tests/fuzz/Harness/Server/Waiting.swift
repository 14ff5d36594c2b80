import Dispatch
import NIOConcurrencyHelpers

/// Runs an asynchronous body to its end on this thread, which belongs to no pool: fuzzers are called synchronously.
func wait<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value? {
  let result = NIOLockedValueBox<Value?>(nil)
  let done = DispatchSemaphore(value: 0)
  Task.detached {
    let value = await body()
    result.withLockedValue { $0 = value }
    done.signal()
  }
  done.wait()
  return result.withLockedValue { $0 }
}
