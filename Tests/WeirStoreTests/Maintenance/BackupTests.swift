import Glibc
import NIOConcurrencyHelpers
import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Backups")
struct BackupTests {
  let directory: TemporaryDirectory
  let store: Store

  init() throws {
    directory = try TemporaryDirectory()
    store = try Store.open(directory: directory.path("data"), options: StoreOptions(durability: .os))
  }

  private func path(_ name: String) -> String { directory.path(name) }

  @Test("a backup made while the server writes has all that was acknowledged before, whole entries only, and restores")
  func whileWriting() async throws {
    let journal = try TestJournal(store)
    await journal.live("ann")
    let (store, target) = (store, path("backup"))
    let stop = NIOLockedValueBox(false)
    let result = try await withThrowingTaskGroup(of: Void.self, returning: BackupResult.self) { group in
      group.addTask {
        var sequence: UInt64 = 0
        repeat {
          sequence += 1
          _ = await journal.commit(Sample.sending("writer", "c", sequence))
        } while !stop.withLockedValue { $0 }
      }
      let result = try store.backUp(to: target)
      stop.withLockedValue { $0 = true }
      try await group.waitForAll()
      return result
    }
    #expect(result.report.findings == [] && result.bytes > 0 && result.directory == path("backup"))
    // What comes after the backup is not in it.
    await journal.live("late")
    journal.journal.shutdown()
    store.close()
    #expect(!Files.names(in: path("backup")).contains("answer-cache"))

    let restored = try Store.restore(path("backup"), to: path("new/place/"))
    #expect(restored.report.isSound && restored.directory == path("new/place"))
    let again = try Store.open(directory: path("new/place"), options: StoreOptions(durability: .os))
    #expect(try again.tail("ann", "c-x").map(\.plainText) == ["question x", "answer x", "question x"])
    #expect(try again.tail("late", "c-x").isEmpty)
    #expect(try again.verify().isSound)
    let second = try TestJournal(again)
    await second.live("new")
    second.journal.shutdown()
    again.close()
    // The backup is as it was: it shares no file with what was restored.
    #expect(try Store.verify(in: path("backup")).entries == restored.report.entries)
  }

  @Test("nothing is overwritten, and a backup is made neither in the data directory nor in the void")
  func refusals() async throws {
    try Files.write([1], to: path("file"))
    mkdir(path("empty"), 0o700)
    symlink(path("data"), path("link"))
    for (target, words) in [
      ("file", "exists already"), ("empty", "exists already"), ("data", "exists already"), ("link", "exists already"),
      ("data/backup", "lies in the data directory"), ("link/backup", "lies in the data directory"),
      ("empty/../data/backup", "lies in the data directory"), ("no/where", "There is no directory"),
    ] {
      let error = #expect(throws: StoreError.self, "\(target)") { try store.backUp(to: path(target)) }
      #expect(
        error?.kind == .unusable && error?.message.contains(words) == true, "\(target): \(String(describing: error))")
    }
    _ = try store.backUp(to: path("backup"))
    store.close()
    for (target, words) in [("data", "is not empty"), ("backup", "is not empty"), ("file", "not a directory")] {
      let error = #expect(throws: StoreError.self) { try Store.restore(path("backup"), to: path(target)) }
      #expect(error?.message.contains(words) == true, "\(target): \(String(describing: error))")
    }
    _ = try Store.restore(path("backup"), to: path("empty"))
    #expect(Files.names(in: path("empty")).contains("CURRENT"))
    #expect(Files.names(in: directory.path).filter { $0.hasSuffix(".restoring") } == [])
  }

  @Test("a backup with a damaged file is told and not restored")
  func damaged() async throws {
    let journal = try TestJournal(store)
    await journal.live("ann")
    journal.journal.shutdown()
    _ = try store.backUp(to: path("backup"))
    let name = try #require(try store.database().tables(of: .messages).first)
    store.close()
    // A file of its own first: the backup's is the same as the data's.
    var bytes = Files.read(path("backup/\(name)"))
    bytes[4] ^= 0x55
    unlink(path("backup/\(name)"))
    try Files.write(bytes, to: path("backup/\(name)"))
    let result = try Store.restore(path("backup"), to: path("new"))
    #expect(result.report.findings.contains { $0.kind == .unreadable })
    #expect(result.bytes == 0 && !DataDirectory.exists(path("new")))
    #expect(try Store.verify(in: path("data")).isSound)
  }

  @Test("a restoration that was cut off is begun anew")
  func cutOff() async throws {
    _ = try store.backUp(to: path("backup"))
    store.close()
    mkdir(path("new.restoring"), 0o700)
    try Files.write([1, 2, 3], to: path("new.restoring/CURRENT"))
    _ = try Store.restore(path("backup"), to: path("new"))
    try Store.open(directory: path("new")).close()
    #expect(!DataDirectory.exists(path("new.restoring")))
  }
}
