// The store: one open data directory.

import CRocksDB
package import Logging
import NIOConcurrencyHelpers

/// One open data directory. All its methods may be called from any thread; those that read or write the disk block, so
/// they belong on the journal's thread, the reader's threads, or the main one at start and end, never on an event loop.
package final class Store: Sendable {
  /// Where the data is.
  package let directory: String
  package let options: StoreOptions
  let logger: Logger
  private let opened: NIOLockedValueBox<Database?>

  private init(_ database: Database, options: StoreOptions, logger: Logger) {
    self.directory = database.directory
    self.options = options
    self.logger = logger
    self.opened = NIOLockedValueBox(database)
  }

  /// Opens the data in `directory`, and makes both where they are missing.
  ///
  /// Fails with a `StoreError` whose `description` and `exitCode` are fit to end the process with.
  package static func open(
    directory: String, options: StoreOptions = StoreOptions(), logger: Logger = Logger(label: "weir.store")
  ) throws(StoreError) -> Store {
    let isNew = try DataDirectory.prepare(directory)
    if !isNew { try refuseUnknownFamilies(in: directory) }
    let database = try Database(directory: directory, options: options)
    try checkSchema(of: database, isNew: isNew)
    return Store(database, options: options, logger: logger)
  }

  /// Closes the data directory. End the journal and the reader first: the directory stays locked until the last of them
  /// has let go of it. Whatever is asked of the store afterwards fails with `.closed`.
  package func close() {
    opened.withLockedValue { database in
      defer { database = nil }
      return database
    }.map(Self.release)
  }

  /// Takes the last reference out of the lock, so that closing, which may wait for a merge, holds up nobody.
  private static func release(_ database: Database) {
    withExtendedLifetime(database) {}
  }

  /// The open database, held open for as long as the caller keeps it.
  func database() throws(StoreError) -> Database {
    guard let database = opened.withLockedValue({ $0 }) else { throw StoreError.closedStore }
    return database
  }

  /// Writes all that is only in memory to table files: the next start then has nothing to replay.
  package func flush() throws(StoreError) { try database().flush() }

  /// Makes a consistent copy of the data in `target`, which must not exist yet, while the store is in use. Cheap on the
  /// same file system, where table files are linked.
  package func checkpoint(to target: String) throws(StoreError) {
    let database = try database()
    if DataDirectory.exists(target) {
      throw StoreError(.unusable, "'\(target)' exists already. Choose a name that does not.")
    }
    try database.checkpoint(to: target)
  }
}

extension Store {
  /// A column family that this version does not know was made by a later one, or by another program.
  private static func refuseUnknownFamilies(in directory: String) throws(StoreError) {
    let unknown = try Database.familyNames(in: directory).filter { ColumnFamily(rawValue: $0) == nil }
    if let name = unknown.first {
      throw StoreError(
        .newerSchema,
        "The data directory '\(directory)' holds '\(name)', which this version does not know: a newer version wrote it. "
          + "Start that version, or choose another directory.")
    }
  }

  private static func checkSchema(of database: Database, isNew: Bool) throws(StoreError) {
    let options = rocksdb_readoptions_create()
    defer { rocksdb_readoptions_destroy(options) }
    let stored = try database.get(.meta, KeyLayout.schemaVersionKey, options) { (value) throws(StoreError) in
      guard value.count == 4 else { throw StoreError.damagedRecord("schema version") }
      return value.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    if let stored {
      guard stored <= KeyLayout.schemaVersion else {
        throw StoreError(
          .newerSchema,
          "The data in '\(database.directory)' has schema version \(stored); this version knows up to "
            + "\(KeyLayout.schemaVersion). Start the newer version that wrote it, or choose another directory.")
      }
      return
    }
    // No version: made just now, perhaps by a start that was cut off, or not ours.
    if isNew == false, try isEmpty(database) == false {
      throw StoreError(
        .unusable,
        "The data in '\(database.directory)' belongs to another program. Choose another directory.")
    }
    var batch = WriteBatch(database, sync: true)
    withUnsafeBytes(of: KeyLayout.schemaVersion.bigEndian) { batch.put(.meta, KeyLayout.schemaVersionKey, $0) }
    try batch.commit()
  }

  private static func isEmpty(_ database: Database) throws(StoreError) -> Bool {
    let view = ReadView(database)
    for family in ColumnFamily.allCases {
      let isEmpty = try view.range(family, KeyRange([], [0xFF, 0xFF])) { (iterator) throws(StoreError) in
        iterator.seekToFirst()
        return !iterator.isValid
      }
      if !isEmpty { return false }
    }
    return true
  }
}
