// Figures about the data, for metrics and for people.

package import WeirCore

/// What RocksDB says about the data. Estimates are RocksDB's own.
package struct StoreStatistics: Sendable, Equatable {
  /// Bytes of all table files that are in use.
  package var tableBytes: UInt64 = 0
  /// Bytes written that are not in a table file yet.
  package var memoryTableBytes: UInt64 = 0
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

/// The turns that were cut off when the store was last in use, over all users.
package struct CutTurnCount: Sendable, Equatable {
  package var users = 0
  package var turns = 0
}

extension Store {
  /// Figures about the data. Quick, but not for an event loop: it takes RocksDB's own lock.
  package func statistics() throws(StoreError) -> StoreStatistics {
    let database = try database()
    var statistics = StoreStatistics()
    for family in ColumnFamily.allCases {
      statistics.tableBytes += database.property("rocksdb.live-sst-files-size", of: family)
      statistics.memoryTableBytes += database.property("rocksdb.cur-size-all-mem-tables", of: family)
      statistics.pendingMergeBytes += database.property("rocksdb.estimate-pending-compaction-bytes", of: family)
      statistics.estimatedKeys[family] = database.property("rocksdb.estimate-num-keys", of: family)
    }
    // These three concern the whole database; any column family tells them.
    statistics.blockCacheBytes = database.property("rocksdb.block-cache-usage", of: .meta)
    statistics.isWriteStopped = database.property("rocksdb.is-write-stopped", of: .meta) != 0
    statistics.backgroundErrors = database.property("rocksdb.background-errors", of: .meta)
    return statistics
  }

  /// Walks over the turns of all users that have not ended. At start, before the first session, these are exactly those
  /// that a crash or a restart cut off.
  package func scanCutTurns(
    _ visit: (UserID, TurnRecord) -> Void = { _, _ in }
  ) throws(StoreError) -> CutTurnCount {
    let view = ReadView(try database())
    return try view.range(.turns, KeyRange([], [0xFF, 0xFF])) { (iterator) throws(StoreError) in
      var count = CutTurnCount()
      var last: UserID?
      try iterator.forEach { (key, value) throws(StoreError) in
        guard let (user, _) = KeyLayout.user(of: key) else { throw StoreError.damagedRecord("turn key") }
        let record = try TurnRecord.decode(value)
        count.turns += 1
        // Keys of a user lie together. Compared by their bytes: two spellings of one character are two users.
        if last.map({ !$0.utf8.elementsEqual(user.utf8) }) ?? true { count.users += 1 }
        last = user
        visit(user, record)
      }
      return count
    }
  }
}
