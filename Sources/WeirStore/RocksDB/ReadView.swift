// Reading: one moment of the database, by key and by range.

import CRocksDB

/// The database as it is when the view is made; later writes do not show. Belongs to the thread that made it.
struct ReadView: ~Copyable {
  private let database: Database
  let snapshot: OpaquePointer?
  private let options: OpaquePointer?

  init(_ database: Database) {
    self.database = database
    snapshot = rocksdb_create_snapshot(database.handle)
    options = rocksdb_readoptions_create()
    rocksdb_readoptions_set_snapshot(options, snapshot)
  }

  deinit {
    rocksdb_readoptions_destroy(options)
    rocksdb_release_snapshot(database.handle, snapshot)
  }

  /// The value under a key, where RocksDB keeps it, for the duration of `body`; nil if there is none.
  borrowing func get<R>(
    _ family: ColumnFamily, _ key: [UInt8], _ body: (UnsafeRawBufferPointer) throws(StoreError) -> R
  ) throws(StoreError) -> R? {
    try database.get(family, key, options, body)
  }

  /// Walks a range. The iterator never leaves it, however far it is moved.
  borrowing func range<R>(
    _ family: ColumnFamily, _ range: KeyRange, _ body: (inout RangeIterator) throws(StoreError) -> R
  ) throws(StoreError) -> R {
    var iterator = RangeIterator(database, family, range, snapshot: snapshot)
    let result = try body(&iterator)
    try iterator.check()
    return result
  }
}

extension Database {
  /// Whether and with what value a key is there now; for the one thread that writes, which needs no snapshot.
  func get<R>(
    _ family: ColumnFamily, _ key: [UInt8], _ options: OpaquePointer?,
    _ body: (UnsafeRawBufferPointer) throws(StoreError) -> R
  ) throws(StoreError) -> R? {
    let pinned = try withStatus(of: directory) { status in
      key.withCharacters { rocksdb_get_pinned_cf(handle, options, self.family(family), $0, $1, status) }
    }
    guard let pinned else { return nil }
    defer { rocksdb_pinnableslice_destroy(pinned) }
    var count = 0
    let start = rocksdb_pinnableslice_value(pinned, &count)
    return try body(UnsafeRawBufferPointer(start: start, count: count))
  }
}
