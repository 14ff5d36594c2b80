import CRocksDB
import Glibc
import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Opening a data directory")
struct OpeningTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func open(_ path: String? = nil, _ options: StoreOptions = StoreOptions()) throws(StoreError) -> Store {
    try Store.open(directory: path ?? directory.path, options: options)
  }

  /// A database with some messages, closed again. `flushed`: in table files rather than in the log.
  private func fill(messages: Int = 50, flushed: Bool = false) async throws {
    let store = try open(nil, StoreOptions(durability: .os))
    let journal = try TestJournal(store)
    for sequence in 1...messages {
      _ = await journal.commit(Sample.sending("u", "c", UInt64(sequence), text: String(repeating: "x", count: 500)))
    }
    journal.journal.shutdown()
    if flushed { try store.flush() }
    store.close()
  }

  private func expectFailure(
    _ kind: StoreError.Kind, _ exitCode: Int32, saying words: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: StoreError.self, sourceLocation: sourceLocation) { try open() }
    #expect(error?.kind == kind, "\(String(describing: error))", sourceLocation: sourceLocation)
    #expect(error?.exitCode == exitCode, sourceLocation: sourceLocation)
    #expect(error?.message.contains(words) == true, "\(String(describing: error))", sourceLocation: sourceLocation)
    #expect(error?.message.contains(directory.path) == true, sourceLocation: sourceLocation)
  }

  @Test("a directory that does not exist is made, with those above it, for this user only")
  func makesDirectory() throws {
    let path = directory.path("a/b/c/")
    try open(path).close()
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
    try open(path).close()
  }

  @Test("a directory in use is refused by name, and free again after close")
  func locked() throws {
    let store = try open()
    expectFailure(.locked, 75, saying: "in use by another process")
    store.close()
    try open().close()
  }

  @Test("a directory that another process uses makes a process end with code 75")
  func lockedByProcess() async throws {
    let store = try open()
    let path = directory.path
    await #expect(processExitsWith: .exitCode(75)) { [path = path as String] in
      do throws(StoreError) {
        _ = try Store.open(directory: path)
        exit(0)
      } catch {
        exit(error.kind == .locked ? error.exitCode : 1)
      }
    }
    store.close()
  }

  @Test("a file in the directory's place is refused")
  func file() throws {
    let path = directory.path("file")
    try Files.write([1, 2, 3], to: path)
    for place in [path, path + "/below"] {
      let error = #expect(throws: StoreError.self) { try open(place) }
      #expect(error?.kind == .unusable)
      #expect(error?.exitCode == 73)
      #expect(error?.message.contains("is not a directory") == true)
    }
    let error = #expect(throws: StoreError.self) { try open("") }
    #expect(error?.kind == .unusable)
  }

  @Test("a newer schema is refused with both versions named, and left as it was")
  func newerSchema() async throws {
    try await fill(messages: 1)
    do {
      let database = try Database(directory: directory.path, options: StoreOptions())
      var batch = WriteBatch(database, .synced)
      [0, 0, 0, 7 as UInt8].withUnsafeBytes { batch.put(.meta, KeyLayout.schemaVersionKey, $0) }
      try batch.commit()
    }
    expectFailure(.newerSchema, 78, saying: "schema version 7; this version knows up to 2")
    expectFailure(.newerSchema, 78, saying: "Start the newer version")
  }

  @Test("a kind of data that this version does not know is refused")
  func unknownFamily() async throws {
    try await fill(messages: 1)
    do {
      let database = try Database(directory: directory.path, options: StoreOptions())
      let options = rocksdb_options_create()
      defer { rocksdb_options_destroy(options) }
      let family = try withStatus(of: directory.path) {
        rocksdb_create_column_family(database.handle, options, "telepathy", $0)
      }
      rocksdb_column_family_handle_destroy(family)
    }
    expectFailure(.newerSchema, 78, saying: "'telepathy'")
  }

  @Test("another program's database is refused")
  func foreign() throws {
    do {
      let database = try Database(directory: directory.path, options: StoreOptions())
      var batch = WriteBatch(database, .synced)
      [1 as UInt8].withUnsafeBytes { batch.put(.meta, Array("theirs".utf8), $0) }
      try batch.commit()
    }
    expectFailure(.unusable, 73, saying: "belongs to another program")
  }

  @Test("a first start that was cut off before the version was written is gone on with")
  func cutOffFirstStart() throws {
    do { _ = try Database(directory: directory.path, options: StoreOptions()) }
    try open().close()
  }

  @Test("a damaged CURRENT is refused", arguments: ["", "nonsense", "MANIFEST-999999\n", "\u{0}\u{0}\u{0}\n"])
  func damagedCurrent(text: String) async throws {
    try await fill(flushed: true)
    try Files.write(Array(text.utf8), to: directory.path("CURRENT"))
    let before = Files.names(in: directory.path).filter { $0.hasSuffix(".sst") }
    expectFailure(.corrupt, 65, saying: "Restore it from a backup")
    #expect(Files.names(in: directory.path).filter { $0.hasSuffix(".sst") } == before)
  }

  @Test("a missing CURRENT is not taken for a new directory, which would delete the data")
  func missingCurrent() async throws {
    try await fill(flushed: true)
    unlink(directory.path("CURRENT"))
    let before = Files.names(in: directory.path)
    expectFailure(.corrupt, 65, saying: "CURRENT is missing")
    #expect(Files.names(in: directory.path) == before)
  }

  @Test("a damaged MANIFEST is refused", arguments: [0.0, 0.3, 0.6])
  func damagedManifest(place: Double) async throws {
    try await fill(flushed: true)
    let path = try Files.only(in: directory.path) { $0.hasPrefix("MANIFEST") }
    var bytes = Files.read(path)
    bytes[Int(Double(bytes.count) * place) + 8] ^= 0xFF
    try Files.write(bytes, to: path)
    expectFailure(.corrupt, 65, saying: "damaged")
  }

  @Test("a missing table file is refused")
  func missingTable() async throws {
    try await fill(flushed: true)
    let tables = Files.names(in: directory.path).filter { $0.hasSuffix(".sst") }
    unlink(directory.path(try #require(tables.first)))
    expectFailure(.corrupt, 65, saying: "damaged")
  }

  @Test("a log that ends in the middle of a record opens, with everything before it")
  func tornTail() async throws {
    for cut in [1, 7, 300] {
      Files.removeAll(directory.path)
      try await fill(messages: 50)
      let path = try log()
      let bytes = Files.read(path)
      try Files.write(Array(bytes.dropLast(cut)), to: path)
      let store = try open()
      #expect(try store.tail("u", "c").map(\.sequence) == Array(1...49))
      store.close()
    }
  }

  @Test("a log that is damaged before its end is refused, and opens without the rest if the operator says so")
  func damagedLog() async throws {
    try await fill(messages: 50)
    let path = try log()
    var bytes = Files.read(path)
    bytes[bytes.count / 2] ^= 0xFF
    try Files.write(bytes, to: path)
    expectFailure(.corrupt, 65, saying: "damaged")
    let store = try open(nil, StoreOptions(damagedLog: .dropRest))
    let kept = try store.tail("u", "c").map(\.sequence)
    #expect(kept == Array(1...UInt64(kept.count)))
    #expect((10..<50).contains(kept.count))
    store.close()
  }

  private func log() throws -> String {
    // The log that holds the data: the larger, if a start has made another one.
    let logs = Files.names(in: directory.path).filter { $0.hasSuffix(".log") }
    let largest = logs.max { Files.read(directory.path($0)).count < Files.read(directory.path($1)).count }
    return directory.path(try #require(largest))
  }

  @Test("a copy made while the store is in use opens and holds what was there")
  func checkpoint() async throws {
    let store = try open()
    let journal = try TestJournal(store)
    for sequence in 1...20 as ClosedRange<UInt64> { _ = await journal.commit(Sample.sending("u", "c", sequence)) }
    try store.checkpoint(to: directory.path("copy"))
    for sequence in 21...30 as ClosedRange<UInt64> { _ = await journal.commit(Sample.sending("u", "c", sequence)) }
    let copy = try open(directory.path("copy"))
    #expect(try copy.tail("u", "c").map(\.sequence) == Array(1...20))
    copy.close()
    let error = #expect(throws: StoreError.self) { try store.checkpoint(to: directory.path("copy")) }
    #expect(error?.kind == .unusable)
    let statistics = try store.statistics()
    #expect(statistics.tableBytes > 0)
    #expect(statistics.estimatedKeys[.messages] == 30)
    #expect(!statistics.isWriteStopped)
    journal.journal.shutdown()
    store.close()
  }

  @Test("words in the directory's name do not change what an error means")
  func misleadingName() throws {
    let status = "IO error: No space left on device: While appending to file: /data/Corruption/000004.log"
    #expect(StoreError(status: status, directory: "/data/Corruption").kind == .full)
    let sync = "IO error: Input/output error: While fsync: /No space left on device/000004.log"
    #expect(StoreError(status: sync, directory: "/No space left on device").kind == .syncFailed)
    let read = "IO error: Input/output error: While pread: /While fsync/000004.log"
    #expect(StoreError(status: read, directory: "/While fsync").kind == .io)
  }
}
