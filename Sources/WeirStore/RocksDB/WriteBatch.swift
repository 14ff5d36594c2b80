// Writing: changes that are applied together.

import CRocksDB

/// What a commit waits for.
enum WriteLevel {
  /// The disk has it: survives a power failure.
  case synced
  /// The operating system has it: survives the death of the process.
  case logged
}

/// Changes that become visible and durable together, in the order in which they were added.
struct WriteBatch: ~Copyable {
  private let database: Database
  private let batch: OpaquePointer?
  private let options: OpaquePointer?

  init(_ database: Database, _ level: WriteLevel) {
    self.database = database
    batch = rocksdb_writebatch_create()
    options = rocksdb_writeoptions_create()
    rocksdb_writeoptions_set_sync(options, level == .synced ? 1 : 0)
  }

  deinit {
    rocksdb_writeoptions_destroy(options)
    rocksdb_writebatch_destroy(batch)
  }

  var count: Int { Int(rocksdb_writebatch_count(batch)) }

  /// What the batch takes in the write-ahead log.
  var byteCount: Int {
    var size = 0
    _ = rocksdb_writebatch_data(batch, &size)
    return size
  }

  mutating func put(_ family: ColumnFamily, _ key: [UInt8], _ value: UnsafeRawBufferPointer) {
    let start = value.baseAddress?.assumingMemoryBound(to: CChar.self)
    key.withCharacters { rocksdb_writebatch_put_cf(batch, database.family(family), $0, $1, start, value.count) }
  }

  mutating func delete(_ family: ColumnFamily, _ key: [UInt8]) {
    key.withCharacters { rocksdb_writebatch_delete_cf(batch, database.family(family), $0, $1) }
  }

  mutating func delete(_ family: ColumnFamily, _ key: UnsafeRawBufferPointer) {
    let start = key.baseAddress?.assumingMemoryBound(to: CChar.self)
    rocksdb_writebatch_delete_cf(batch, database.family(family), start, key.count)
  }

  /// Deletes a range, with what this batch has put into it so far.
  mutating func delete(_ family: ColumnFamily, _ range: KeyRange) {
    range.lower.withCharacters { lower, lowerCount in
      range.upper.withCharacters { upper, upperCount in
        rocksdb_writebatch_delete_range_cf(
          batch, database.family(family), lower, lowerCount, upper, upperCount)
      }
    }
  }

  /// Remembers this place for `rollBack`.
  mutating func setSavePoint() { rocksdb_writebatch_set_save_point(batch) }

  /// Forgets the last save point and keeps what was added since.
  mutating func dropSavePoint() throws(StoreError) {
    try withStatus(of: database.directory) { rocksdb_writebatch_pop_save_point(batch, $0) }
  }

  /// Takes back what was added since the last save point.
  mutating func rollBack() throws(StoreError) {
    try withStatus(of: database.directory) { rocksdb_writebatch_rollback_to_save_point(batch, $0) }
  }

  /// Applies all of it and empties the batch. After a failure nothing of it shows; whether it is on disk is not known.
  mutating func commit() throws(StoreError) {
    defer { clear() }
    try withStatus(of: database.directory) { rocksdb_write(database.handle, options, batch, $0) }
  }

  mutating func clear() { rocksdb_writebatch_clear(batch) }
}
