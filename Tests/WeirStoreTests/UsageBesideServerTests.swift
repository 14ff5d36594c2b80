import Glibc
import NIOConcurrencyHelpers
import Testing
import WeirCore

@testable import WeirStore

@Suite("Usage ledger, read beside the server")
struct UsageBesideServerTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func open() throws -> (Store, TestJournal) {
    let store = try Store.open(directory: directory.path, options: StoreOptions(durability: .os))
    return (store, try TestJournal(store))
  }

  @Test("rows are read from table files and log of a directory that nobody has open, and nothing in it changes")
  func offline() async throws {
    let (store, journal) = try open()
    _ = await journal.commit(Sample.using("a", tokens: 1), Sample.using("b", tokens: 2))
    try store.flush()
    _ = await journal.commit(Sample.using("b", tokens: 3), Sample.using("c", tokens: 4))
    journal.journal.shutdown()
    store.close()
    let before = Files.names(in: directory.path).map { [$0: Files.read(directory.path($0))] }
    let rows = try Store.ledger(in: directory.path)
    #expect(
      rows == [
        LedgerRow("a", Sample.row(), turns: 1, tokens: 1), LedgerRow("b", Sample.row(), turns: 2, tokens: 5),
        LedgerRow("c", Sample.row(), turns: 1, tokens: 4),
      ])
    #expect(try Store.ledger(in: directory.path, 0...19_999).isEmpty)
    #expect(Files.names(in: directory.path).map { [$0: Files.read(directory.path($0))] } == before)
  }

  @Test("what is not the data of this version or an earlier one is refused by name")
  func refusals() async throws {
    func kind(_ path: String) -> StoreError.Kind? {
      let error = #expect(throws: StoreError.self) { try Store.ledger(in: path) }
      #expect(error?.message.contains(path) == true)
      return error?.kind
    }
    #expect(kind(directory.path("missing")) == .corrupt || kind(directory.path("missing")) == .unusable)
    #expect(kind(directory.path) == .unusable)
    #expect(Files.names(in: directory.path).isEmpty)
    let (store, journal) = try open()
    _ = await journal.commit(Sample.using("a"))
    journal.journal.shutdown()
    store.close()
    do {
      let database = try Database(directory: directory.path, options: StoreOptions())
      var batch = WriteBatch(database, .synced)
      [0, 0, 0, 9 as UInt8].withUnsafeBytes { batch.put(.meta, KeyLayout.schemaVersionKey, $0) }
      try batch.commit()
    }
    #expect(kind(directory.path) == .newerSchema)
  }

  @Test(
    "a read-only file system is enough",
    .enabled(if: Mounts.areAllowed, "this machine does not let the tests mount a file system"))
  func readOnly() async throws {
    let path = directory.path
    try #require(Mounts.run("mount -t tmpfs -o size=64m tmpfs '\(path)'"))
    defer { _ = Mounts.run("umount '\(path)'") }
    let (store, journal) = try open()
    _ = await journal.commit(Sample.using("a"))
    journal.journal.shutdown()
    store.close()
    try #require(Mounts.run("mount -o remount,ro '\(path)'"))
    #expect(try Store.ledger(in: path) == [LedgerRow("a", Sample.row(), turns: 1, tokens: 1)])
  }

  /// In a process of its own: reads the ledger again and again. Each entry of the writer adds to the rows of two users
  /// and, when it is acknowledged, a byte to a file.
  private static func watch(path: String) throws {
    var last: UInt64 = 0
    for _ in 0..<40 {
      let acknowledged = UInt64(Files.read(path + "/acknowledged").count)
      let rows = try Store.ledger(in: path + "/data")
      let turns = rows.map(\.turns)
      // Both rows of an entry or none, nothing acknowledged missing, and never back in time.
      guard turns.count == 2, turns[0] == turns[1] else { exit(2) }
      guard turns[0] >= acknowledged else { exit(3) }
      guard turns[0] >= last else { exit(4) }
      last = turns[0]
    }
    exit(0)
  }

  @Test("while another process writes, flushes and merges, each reading has all that was acknowledged, whole")
  func beside() async throws {
    let path = directory.path
    let store = try Store.open(directory: path + "/data", options: StoreOptions(durability: .os))
    let journal = try TestJournal(store)
    let file = Glibc.open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    defer { Glibc.close(file) }
    let entry = JournalEntry(writes: [Sample.using("a"), Sample.using("z")])
    _ = await journal.commit(entry)
    let isDone = NIOLockedValueBox(false)
    async let written: Int = {
      var count = 0
      while !isDone.withLockedValue({ $0 }) {
        guard await journal.commit(entry) == .committed else { return -1 }
        var byte: UInt8 = 1
        guard write(file, &byte, 1) == 1 else { return -2 }
        count += 1
        // Files come and go far more often than a server makes them, and not so often that no reading could ever fit between.
        if count.isMultiple(of: 500), (try? store.flush()) == nil { return -3 }
      }
      return count
    }()
    await #expect(processExitsWith: .exitCode(0)) { [path = path as String] in try Self.watch(path: path) }
    isDone.withLockedValue { $0 = true }
    #expect(await written > 0)
    journal.journal.shutdown()
    store.close()
  }
}
