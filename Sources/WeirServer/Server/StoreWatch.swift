import WeirCore
import WeirStore

/// Asks the store how it is, now and then, for the metrics: its answer takes RocksDB's own lock, which is nothing for an
/// event loop that is asked for metrics.
struct StoreWatch: Sendable {
  /// As often as most who scrape.
  private static let interval = Duration.seconds(15)

  let store: Store
  let metrics: Metrics

  /// Returns when its task is cancelled.
  func run() async {
    repeat {
      // None if the store is closed, or there is no thread to ask on.
      if let statistics = try? await BlockingThread.value({ [store] in try store.statistics() }) { note(statistics) }
    } while (try? await Task.sleep(for: Self.interval)) != nil
  }

  private func note(_ statistics: StoreStatistics) {
    metrics.storeTableBytes.set(Int(clamping: statistics.tableBytes + statistics.answerCacheBytes))
    metrics.storeUnflushedBytes.set(Int(clamping: statistics.memoryTableBytes))
    metrics.storeBlockCacheBytes.set(Int(clamping: statistics.blockCacheBytes))
    metrics.storeMergeBacklogBytes.set(Int(clamping: statistics.pendingMergeBytes))
    metrics.storeWritesStopped.set(statistics.isWriteStopped ? 1 : 0)
    metrics.storeErrors.set(Int(clamping: statistics.backgroundErrors))
  }
}
