// Opening a database that another process may be writing to.

import Glibc

extension Database {
  /// Opens some column families for reading only.
  ///
  /// RocksDB reads the list of table files first, then the write-ahead log. If the process that has the database open
  /// writes a table file in between and drops the log it was made of, its rows are in neither. So the files are looked at
  /// before and after, and opening is tried again until nothing has moved; that takes milliseconds and files move every
  /// few seconds at most.
  static func openForReading(_ families: [ColumnFamily], in directory: String) throws(StoreError) -> Database {
    for attempt in 1...50 {
      let before = try DataDirectory.filesOfDatabase(in: directory)
      do throws(StoreError) {
        let database = try Database(reading: families, in: directory)
        if try DataDirectory.filesOfDatabase(in: directory) == before { return database }
      } catch {
        // A file that went away is damage only if it was not another process that took it.
        if try DataDirectory.filesOfDatabase(in: directory) == before { throw error }
      }
      usleep(UInt32(attempt) * 1000)
    }
    throw StoreError(
      .locked,
      "The data in '\(directory)' changes too quickly to be read beside the server. Try again, or ask the server.")
  }
}
