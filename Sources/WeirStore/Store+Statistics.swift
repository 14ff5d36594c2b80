// Figures about the data, for metrics and for people.

/// What RocksDB says about the data. Estimates are RocksDB's own.
package struct StoreStatistics: Sendable, Equatable {
  /// Bytes of all table files that are in use.
  package var tableBytes: UInt64 = 0
  /// Bytes written that are not in a table file yet.
  package var memoryTableBytes: UInt64 = 0
  /// Bytes of answers kept for equal calls, on disk and in memory; not among the others.
  package var answerCacheBytes: UInt64 = 0
  /// Bytes in the block cache.
  package var blockCacheBytes: UInt64 = 0
  /// Bytes that merges have yet to rewrite. Growing without end means that the disk is too slow.
  package var pendingMergeBytes: UInt64 = 0
  /// Writes that RocksDB holds back because merges do not keep up.
  package var isWriteStopped = false
  /// Failures of flushes and merges since the start.
  package var backgroundErrors: UInt64 = 0
  /// Estimated number of entries, by column family.
  package var estimatedKeys: [ColumnFamily: UInt64] = [:]
}

extension Store {
  /// Figures about the data. Quick, but not for an event loop: it takes RocksDB's own lock.
  package func statistics() throws(StoreError) -> StoreStatistics {
    let (database, cache) = try handles()
    var statistics = StoreStatistics()
    for family in ColumnFamily.allCases {
      statistics.tableBytes += database.property("rocksdb.live-sst-files-size", of: family)
      statistics.memoryTableBytes += database.property("rocksdb.cur-size-all-mem-tables", of: family)
      statistics.pendingMergeBytes += database.property("rocksdb.estimate-pending-compaction-bytes", of: family)
      statistics.estimatedKeys[family] = database.property("rocksdb.estimate-num-keys", of: family)
    }
    if let cache {
      statistics.answerCacheBytes =
        cache.property("rocksdb.live-sst-files-size") + cache.property("rocksdb.cur-size-all-mem-tables")
    }
    // These three concern the whole database; any column family tells them.
    statistics.blockCacheBytes = database.property("rocksdb.block-cache-usage", of: .meta)
    statistics.isWriteStopped = database.property("rocksdb.is-write-stopped", of: .meta) != 0
    statistics.backgroundErrors = database.property("rocksdb.background-errors", of: .meta)
    return statistics
  }
}
