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
    if now >= limit / 10 * 9 {
      if isPaused.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged { setPaused(true) }
    } else if now < limit / 4 * 3, isPaused.load(ordering: .relaxed) {
      if isPaused.compareExchange(expected: true, desired: false, ordering: .relaxed).exchanged { setPaused(false) }
    }
    // High as long as reading pauses, not only above the mark: between the two marks nothing would end it.
    return now >= limit ? .full : isPaused.load(ordering: .relaxed) ? .high : .none
  }
}
