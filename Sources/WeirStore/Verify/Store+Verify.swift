// Looking at everything that is stored.

extension Store {
  /// The findings that are kept; more are only counted.
  package static let keptFindings = 1000

  /// Looks at every entry of the data as it is now, and whether the kinds of data agree with each other. Reads and checks
  /// every block on the way.
  ///
  /// Blocks for as long as reading all data takes: for a thread of its own. `progress` is called on it once a second.
  package func verify(progress: (VerifyProgress) -> Void = { _ in }) throws(StoreError) -> VerifyReport {
    let database = try database()
    return try Verification.run(database, progress)
  }

  /// The same for a directory that nobody need have open: a backup, or the data of a server that is stopped. Beside a
  /// running server it sees a moment while it began. Writes nothing, takes no lock, and works on a read-only file system.
  package static func verify(
    in directory: String, progress: (VerifyProgress) -> Void = { _ in }
  ) throws(StoreError) -> VerifyReport {
    let database = try openedForReading(directory)
    return try Verification.run(database, progress)
  }

  /// Opens all data in a directory for reading.
  static func openedForReading(_ directory: String) throws(StoreError) -> Database {
    _ = try DataDirectory.filesOfDatabase(in: directory)
    try refuseUnknownFamilies(in: directory)
    let database = try Database.openForReading(ColumnFamily.allCases, in: directory)
    try requireKnownSchema(of: database)
    return database
  }
}
