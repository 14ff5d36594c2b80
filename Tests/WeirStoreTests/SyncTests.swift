import CRocksDB
import Glibc
import Testing
import WeirCore

@testable import WeirStore

/// SIGKILL cannot tell whether a commit reached the disk or only the kernel. RocksDB counts its fsyncs.
@Suite("Durability")
struct SyncTests {
  @Test("each commit has its fsync before it is answered, with the default durability; with `os` none has")
  func synced() async throws {
    for (durability, syncsPerCommit) in [(Durability.fsync, 1), (.os, 0)] {
      let directory = try TemporaryDirectory()
      let store = try Store.open(directory: directory.path, options: StoreOptions(durability: durability))
      let journal = try TestJournal(store)
      let before = try store.logSyncs()
      for number in 1...10 {
        // Answered one by one, so that no two share a commit.
        #expect(await journal.commit(Sample.sending("u", "c", UInt64(number))) == .committed)
        #expect(try store.logSyncs() - before == number * syncsPerCommit)
      }
      journal.journal.shutdown()
      store.close()
    }
  }

  @Test("durability is fsync unless somebody says otherwise")
  func standard() { #expect(StoreOptions().durability == .fsync) }
}

extension Store {
  /// How often the log has been synced since the start, by RocksDB's own count.
  fileprivate func logSyncs() throws -> Int {
    let database = try database()
    let text = rocksdb_property_value_cf(database.handle, database.family(.meta), "rocksdb.stats")
    defer { rocksdb_free(text) }
    let stats = try #require(text.map { String(cString: $0) })
    // "Cumulative WAL: 13 writes, 10 syncs, ..."; large numbers are shortened, these are not.
    let match = try #require(stats.firstMatch(of: #/Cumulative WAL: \d+ writes, (\d+) syncs/#))
    return try #require(Int(match.1))
  }
}
