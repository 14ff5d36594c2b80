// Which version of the layout a data directory has, and what becomes of an older one.

import CRocksDB
internal import Logging

extension Store {
  /// A column family that this version does not know was made by a later one, or by another program.
  static func refuseUnknownFamilies(in directory: String) throws(StoreError) {
    let unknown = try Database.familyNames(in: directory).filter { ColumnFamily(rawValue: $0) == nil }
    if let name = unknown.first {
      throw StoreError(
        .newerSchema,
        "The data directory '\(directory)' holds '\(name)', which this version does not know: a newer version wrote it. "
          + "Start that version, or choose another directory.")
    }
  }

  /// Brings the data to this version's schema, or refuses it.
  static func settleSchema(of database: Database, isNew: Bool, _ logger: Logger) throws(StoreError) {
    let current = KeyLayout.schemaVersion
    if let stored = try knownSchema(of: database) {
      if stored == current { return }
      // Column families that were missing have been made with the opening, and records have only gained fields, so there
      // is nothing to rewrite. Should this be cut off here, the older version finds those column families and refuses.
      try write(current, to: database)
      logger.notice(
        """
        The data in '\(database.directory)' went from schema version \(stored) to \(current). Versions of Weir before \
        this one cannot open it any more.
        """)
      return
    }
    // No version: made just now, perhaps by a start that was cut off, or not ours.
    if isNew == false, try isEmpty(database) == false { throw foreign(database.directory) }
    try write(current, to: database)
  }

  /// Refuses data that this version cannot read.
  static func requireKnownSchema(of database: Database) throws(StoreError) {
    if try knownSchema(of: database) == nil { throw foreign(database.directory) }
  }

  private static func foreign(_ directory: String) -> StoreError {
    StoreError(.unusable, "The data in '\(directory)' belongs to another program. Choose another directory.")
  }

  /// The data's version; nil if it has none. Fails if it is newer than this program.
  private static func knownSchema(of database: Database) throws(StoreError) -> UInt32? {
    let options = rocksdb_readoptions_create()
    defer { rocksdb_readoptions_destroy(options) }
    let stored = try database.get(.meta, KeyLayout.schemaVersionKey, options) { (value) throws(StoreError) in
      guard value.count == 4 else { throw StoreError.damagedRecord("schema version") }
      return value.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    if let stored, stored > KeyLayout.schemaVersion {
      throw StoreError(
        .newerSchema,
        "The data in '\(database.directory)' has schema version \(stored); this version knows up to "
          + "\(KeyLayout.schemaVersion). Start the newer version that wrote it, or choose another directory.")
    }
    return stored
  }

  private static func write(_ version: UInt32, to database: Database) throws(StoreError) {
    var batch = WriteBatch(database, .synced)
    withUnsafeBytes(of: version.bigEndian) { batch.put(.meta, KeyLayout.schemaVersionKey, $0) }
    try batch.commit()
  }

  private static func isEmpty(_ database: Database) throws(StoreError) -> Bool {
    let view = ReadView(database)
    for family in ColumnFamily.allCases {
      let isEmpty = try view.range(family, .all) { (iterator) throws(StoreError) in
        iterator.seekToFirst()
        return !iterator.isValid
      }
      if !isEmpty { return false }
    }
    return true
  }
}
