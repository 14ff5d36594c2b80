// The owner of an open RocksDB database. With the other files of this folder it is the only place that knows RocksDB.

import CRocksDB
import Glibc

/// An open database with all its column families. It closes when the last reference to it goes, so that whoever reads
/// or writes can never meet a closed one.
///
/// RocksDB's handles may be used from any thread at any time, and these never change: hence `@unchecked Sendable`,
/// which only stands for "an `OpaquePointer` may cross threads here".
final class Database: @unchecked Sendable {
  let directory: String
  let handle: OpaquePointer
  /// In the order of `ColumnFamily.allCases`; nil: not opened, for reading only.
  private let families: [OpaquePointer?]

  /// Opens the database in an existing directory, and makes what is missing.
  convenience init(directory: String, options: StoreOptions) throws(StoreError) {
    try self.init(directory, ColumnFamily.allCases, DatabaseSettings(options)) {
      rocksdb_open_column_families($0, directory, $1, $2, $3, $4, $5)
    }
  }

  /// Opens some column families of a database that exists, for reading; those it does not have are left out. Nothing is
  /// written, and no lock is taken.
  convenience init(reading wanted: [ColumnFamily], in directory: String) throws(StoreError) {
    let present = Set(try Self.familyNames(in: directory))
    let settings = DatabaseSettings(forReading: StoreOptions())
    try self.init(directory, wanted.filter { present.contains($0.rawValue) }, settings) {
      rocksdb_open_for_read_only_column_families($0, directory, $1, $2, $3, $4, 0, $5)
    }
  }

  private typealias Opening = (
    _ options: OpaquePointer?, _ count: Int32, _ names: UnsafePointer<UnsafePointer<CChar>?>,
    _ columns: UnsafePointer<OpaquePointer?>, _ handles: UnsafeMutablePointer<OpaquePointer?>,
    _ status: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) -> OpaquePointer?

  private init(
    _ directory: String, _ opened: [ColumnFamily], _ settings: borrowing DatabaseSettings, _ open: Opening
  ) throws(StoreError) {
    let names = opened.map { strdup($0.rawValue) }
    defer { for name in names { free(name) } }
    let columns = opened.map { settings.columns[$0.index] }
    var handles = [OpaquePointer?](repeating: nil, count: names.count)
    let handle = try withStatus(of: directory) { status in
      open(settings.database, Int32(names.count), names.map { UnsafePointer($0) }, columns, &handles, status)
    }
    guard let handle, !handles.contains(nil) else {
      throw StoreError(.io, "RocksDB opened '\(directory)' without saying how; look at its LOG file, then start again.")
    }
    var families = [OpaquePointer?](repeating: nil, count: ColumnFamily.allCases.count)
    for (family, handle) in zip(opened, handles) { families[family.index] = handle }
    self.directory = directory
    self.handle = handle
    self.families = families
  }

  deinit {
    for family in families { family.map { rocksdb_column_family_handle_destroy($0) } }
    rocksdb_close(handle)
  }

  /// Whether the column family was opened: always, unless the database is open for reading only.
  func has(_ family: ColumnFamily) -> Bool { families[family.index] != nil }

  func family(_ family: ColumnFamily) -> OpaquePointer {
    guard let handle = families[family.index] else {
      preconditionFailure("who reads '\(family.rawValue)' of a database that may not have it asks first")
    }
    return handle
  }

  /// The names of the column families that a database has, without opening it.
  static func familyNames(in directory: String) throws(StoreError) -> [String] {
    let options = rocksdb_options_create()
    defer { rocksdb_options_destroy(options) }
    var count = 0
    let names = try withStatus(of: directory) { rocksdb_list_column_families(options, directory, &count, $0) }
    guard let names else { return [] }
    defer { rocksdb_list_column_families_destroy(names, count) }
    return (0..<count).compactMap { names[$0].map { String(cString: $0) } }
  }

  /// Writes all that is only in memory to table files, so that the next start has nothing to replay.
  func flush() throws(StoreError) {
    let options = rocksdb_flushoptions_create()
    defer { rocksdb_flushoptions_destroy(options) }
    rocksdb_flushoptions_set_wait(options, 1)
    for family in families.compactMap(\.self) {
      try withStatus(of: directory) { rocksdb_flush_cf(handle, options, family, $0) }
    }
  }

  /// Makes everything written so far survive a power failure.
  func syncLog() throws(StoreError) {
    try withStatus(of: directory) { rocksdb_flush_wal(handle, 1, $0) }
  }

  /// Makes a consistent copy in a directory that does not exist yet; table files are linked, not copied, when it is on
  /// the same file system.
  func checkpoint(to target: String) throws(StoreError) {
    let checkpoint = try withStatus(of: directory) { rocksdb_checkpoint_object_create(handle, $0) }
    defer { rocksdb_checkpoint_object_destroy(checkpoint) }
    try withStatus(of: target) { rocksdb_checkpoint_create(checkpoint, target, 0, $0) }
  }

  /// A figure of RocksDB's own for one column family; 0 if it knows no such figure.
  func property(_ name: String, of family: ColumnFamily) -> UInt64 {
    var value: UInt64 = 0
    return rocksdb_property_int_cf(handle, self.family(family), name, &value) == 0 ? value : 0
  }
}
