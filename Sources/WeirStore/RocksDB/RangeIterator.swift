// Walking a range of keys.

import CRocksDB

/// A place in a range of one column family. RocksDB stops at the bounds itself, before it would step over what has been
/// deleted behind them or open another file.
struct RangeIterator: ~Copyable {
  private let database: Database
  private let iterator: OpaquePointer?
  private let options: OpaquePointer?
  /// RocksDB keeps pointers to the bounds, so they live at a fixed place until the iterator is gone.
  private let bounds: UnsafeMutablePointer<CChar>

  /// `isScan`: it is for a walk over much that nobody will want again soon; it does not take the cache from others.
  init(
    _ database: Database, _ family: ColumnFamily, _ range: KeyRange, snapshot: OpaquePointer?, isScan: Bool = false
  ) {
    self.database = database
    let (lower, upper) = (range.lower.count, range.upper.count)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: lower + upper, alignment: 1)
    memory.copyBytes(from: range.lower)
    UnsafeMutableRawBufferPointer(rebasing: memory[lower...]).copyBytes(from: range.upper)
    // `allocate` never returns a buffer without an address.
    bounds = memory.baseAddress.unsafelyUnwrapped.bindMemory(to: CChar.self, capacity: lower + upper)
    options = rocksdb_readoptions_create()
    if let snapshot { rocksdb_readoptions_set_snapshot(options, snapshot) }
    if isScan { rocksdb_readoptions_set_fill_cache(options, 0) }
    rocksdb_readoptions_set_iterate_lower_bound(options, bounds, lower)
    rocksdb_readoptions_set_iterate_upper_bound(options, bounds + lower, upper)
    iterator = rocksdb_create_iterator_cf(database.handle, options, database.family(family))
  }

  deinit {
    rocksdb_iter_destroy(iterator)
    rocksdb_readoptions_destroy(options)
    bounds.deallocate()
  }

  /// Whether there is an entry here. False at either end, and after an error (see `check`).
  var isValid: Bool { rocksdb_iter_valid(iterator) != 0 }

  mutating func seekToFirst() { rocksdb_iter_seek_to_first(iterator) }
  mutating func seekToLast() { rocksdb_iter_seek_to_last(iterator) }
  /// Moves to the first entry at `key` or behind it.
  mutating func seek(to key: [UInt8]) { key.withCharacters { rocksdb_iter_seek(iterator, $0, $1) } }
  mutating func next() { rocksdb_iter_next(iterator) }
  mutating func previous() { rocksdb_iter_prev(iterator) }

  /// The entry's key and value, where RocksDB keeps them. Only while `isValid`.
  func entry<R>(
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StoreError) -> R
  ) throws(StoreError) -> R {
    precondition(isValid, "an iterator is asked for an entry only where there is one")
    var (keyCount, valueCount) = (0, 0)
    let key = rocksdb_iter_key(iterator, &keyCount)
    let value = rocksdb_iter_value(iterator, &valueCount)
    return try body(
      UnsafeRawBufferPointer(start: key, count: keyCount), UnsafeRawBufferPointer(start: value, count: valueCount))
  }

  /// Walks from the first entry to the last.
  mutating func forEach(
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StoreError) -> Void
  ) throws(StoreError) {
    seekToFirst()
    while isValid {
      try entry(body)
      next()
    }
  }

  /// Fails if the walk ended because of an error rather than at the end.
  func check() throws(StoreError) {
    try withStatus(of: database.directory) { rocksdb_iter_get_error(iterator, $0) }
  }
}
