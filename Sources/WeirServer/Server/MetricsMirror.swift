import WeirCore
import WeirStore
import WeirUpstream

/// Brings what journal and upstream thread count for themselves into the server's metrics, before they are read.
enum MetricsMirror {
  static func refresh(_ metrics: Metrics, journal: JournalMetrics) {
    metrics.journalBatches.mirror(journal.batches)
    metrics.journalEntries.mirror(journal.committed)
    metrics.journalCommit.mirror(
      counts: journal.commit.buckets, sumNanoseconds: journal.commit.totalMicroseconds * 1000)
  }

  static func refresh(_ metrics: Metrics, upstream: UpstreamMetrics) {
    metrics.upstreamInFlight.set(upstream.endpoints.reduce(0) { $0 + $1.inFlight.current })
    metrics.upstreamQueued.set(upstream.waiting.current)
  }
}
