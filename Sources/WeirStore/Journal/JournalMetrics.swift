// What the journal has done, in numbers.

/// What the journal has done since it started.
package struct JournalMetrics: Sendable, Equatable {
  /// Entries that were committed.
  package var committed: UInt64 = 0
  /// Entries that turned out to be stored already.
  package var existed: UInt64 = 0
  /// Entries that failed: not storable, or in a commit that failed.
  package var failed: UInt64 = 0
  /// Entries that were not let in: queue full, journal broken or ended.
  package var refused: UInt64 = 0
  /// Answers for the cache that it did not take, because the disk did not keep up or failed.
  package var droppedAnswers: UInt64 = 0
  /// Commits. `committed / batches` is what one fsync carries.
  package var batches: UInt64 = 0
  /// Bytes written to the write-ahead log.
  package var bytes: UInt64 = 0
  /// How long commits took, fsync included.
  package var commit = CommitTimes()
  /// Bytes of entries waiting or being written, now.
  package var queuedBytes: Int = 0
}

/// How long commits took, in microseconds.
package struct CommitTimes: Sendable, Equatable {
  /// The upper bounds of the buckets; the last bucket has none.
  package static let boundsMicroseconds: [UInt64] = [
    100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
  ]

  package private(set) var lastMicroseconds: UInt64 = 0
  package private(set) var maximumMicroseconds: UInt64 = 0
  package private(set) var totalMicroseconds: UInt64 = 0
  /// Commits by duration: as many buckets as bounds, and one for those above. Not cumulative.
  package private(set) var buckets = [UInt64](repeating: 0, count: boundsMicroseconds.count + 1)

  package init() {}

  mutating func record(microseconds: UInt64) {
    lastMicroseconds = microseconds
    maximumMicroseconds = max(maximumMicroseconds, microseconds)
    totalMicroseconds += microseconds
    let bucket = Self.boundsMicroseconds.firstIndex { microseconds <= $0 } ?? Self.boundsMicroseconds.count
    buckets[bucket] += 1
  }
}
