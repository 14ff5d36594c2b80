import Synchronization
import WeirCore

/// The bytes the process holds in logs, tails and queues, counted across shards (rule 5). Near the limit, reading from
/// providers pauses; at the limit, new work is refused; well below it, reading goes on.
final class MemoryLedger: Sendable {
  private let limit: Int
  private let used = Atomic<Int>(0)
  private let isPaused = Atomic<Bool>(false)
  private let metrics: Metrics
  private let setPaused: @Sendable (Bool) -> Void

  /// `setPaused` is called from any thread when reading from providers should stop or go on.
  init(limitBytes: Int, metrics: Metrics, setPaused: @escaping @Sendable (Bool) -> Void) {
    self.limit = max(1, limitBytes)
    self.metrics = metrics
    self.setPaused = setPaused
  }

  var usedBytes: Int { used.load(ordering: .relaxed) }

  /// Counts `bytes` more, or fewer if negative.
  func account(_ bytes: Int) -> MemoryPressure {
    let now = used.wrappingAdd(bytes, ordering: .relaxed).newValue
    metrics.memoryAccounted.add(bytes)
    let isHigh = now >= limit / 10 * 9
    if isHigh {
      if isPaused.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged { setPaused(true) }
    } else if now < limit / 4 * 3 {
      if isPaused.load(ordering: .relaxed),
        isPaused.compareExchange(expected: true, desired: false, ordering: .relaxed).exchanged
      {
        setPaused(false)
      }
    }
    return now >= limit ? .full : isHigh ? .high : .none
  }
}
