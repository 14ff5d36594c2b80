// Rewriting files on demand, and knowing which there are.

import CRocksDB

extension Database {
  /// Rewrites all that lies in a range, down to the last level, so that what was deleted there is in no file that the
  /// database uses. Blocks; reads and writes go on.
  ///
  /// RocksDB's C function tells no failure: look at `tables(over:)` afterwards.
  func compact(_ family: ColumnFamily, _ range: KeyRange) {
    let options = rocksdb_compactoptions_create()
    defer { rocksdb_compactoptions_destroy(options) }
    rocksdb_compactoptions_set_exclusive_manual_compaction(options, 0)
    // 2 is BottommostLevelCompaction::kForce: the last level is rewritten too.
    rocksdb_compactoptions_set_bottommost_level_compaction(options, 2)
    range.lower.withCharacters { lower, lowerCount in
      range.upper.withCharacters { upper, upperCount in
        rocksdb_compact_range_cf_opt(handle, self.family(family), options, lower, lowerCount, upper, upperCount)
      }
    }
  }

  /// The names of the table files in use that may hold keys of a range.
  func tables(over range: KeyRange) -> [String] {
    guard let files = rocksdb_livefiles(handle) else { return [] }
    defer { rocksdb_livefiles_destroy(files) }
    return (0..<rocksdb_livefiles_count(files)).compactMap { index in
      var (smallestCount, largestCount) = (0, 0)
      let smallest = rocksdb_livefiles_smallestkey(files, index, &smallestCount)
      let largest = rocksdb_livefiles_largestkey(files, index, &largestCount)
      let isBefore = UnsafeRawBufferPointer(start: largest, count: largestCount)
        .lexicographicallyPrecedes(range.lower)
      let isBehind = !UnsafeRawBufferPointer(start: smallest, count: smallestCount)
        .lexicographicallyPrecedes(range.upper)
      guard !isBefore, !isBehind, let name = rocksdb_livefiles_name(files, index) else { return nil }
      // RocksDB puts a slash before it.
      return String(String(cString: name).drop { $0 == "/" })
    }
  }

  /// Deletes the files in the directory that are not in use any more. Of those that an earlier process left, a log that was
  /// replayed at the start among them, RocksDB thinks only every few hours; letting deletions go on makes it look at all.
  func deleteUnusedFiles() throws(StoreError) {
    try withStatus(of: directory) { rocksdb_disable_file_deletions(handle, $0) }
    // 0: if a backup has stopped deletions meanwhile, they stay stopped until it ends.
    try withStatus(of: directory) { rocksdb_enable_file_deletions(handle, 0, $0) }
  }

  /// A write that changes nothing: something to flush.
  func touch() throws(StoreError) {
    var batch = WriteBatch(self, .logged)
    batch.delete(.meta, Array("nothing".utf8))
    try batch.commit()
  }

  /// Whether somebody reads from a moment that has passed.
  var hasSnapshots: Bool { property("rocksdb.num-snapshots", of: .meta) > 0 }
  /// The moment that the oldest reader sees; 0: there is none.
  var oldestSnapshot: UInt64 { property("rocksdb.oldest-snapshot-sequence", of: .meta) }
  /// The moment of the last write.
  var latestSequence: UInt64 { rocksdb_get_latest_sequence_number(handle) }
}

extension Database {
  /// Bytes of the table files in use, and of what is not in one yet.
  var liveBytes: UInt64 {
    ColumnFamily.allCases.reduce(0) {
      $0 + property("rocksdb.live-sst-files-size", of: $1) + property("rocksdb.cur-size-all-mem-tables", of: $1)
    }
  }
}
