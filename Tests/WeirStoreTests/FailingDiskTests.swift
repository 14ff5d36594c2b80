import Glibc
import NIOConcurrencyHelpers
import Testing
import WeirCore
import WeirWire

@testable import WeirStore

/// File systems of our own, where the machine lets us.
enum Mounts {
  static func run(_ command: String) -> Bool { system(command + " >/dev/null 2>&1") == 0 }

  static let areAllowed: Bool = {
    guard getuid() == 0, let directory = try? TemporaryDirectory() else { return false }
    guard run("mount -t tmpfs -o size=1m tmpfs '\(directory.path)'") else { return false }
    return run("umount '\(directory.path)'")
  }()
}

/// Writes until the journal fails, and checks what it says and does then. Ends with the failure's exit code.
private func writeUntilFailure(in path: String, kind: StoreError.Kind) throws {
  let store = try Store.open(directory: path)
  let results = NIOLockedValueBox<[UInt64: JournalResult]>([:])
  let fatal = NIOLockedValueBox<[StoreError]>([])
  let journal = try Journal(
    store: store,
    replies: [{ replies in for reply in replies { results.withLockedValue { $0[reply.token] = reply.result } } }],
    onFatal: { error in fatal.withLockedValue { $0.append(error) } })
  let text = String(repeating: "x", count: 100_000)
  let kept = Sample.answer(String(repeating: "y", count: 10_000))
  var last: UInt64 = 0
  while journal.failure == nil, last < 10_000 {
    last += 1
    let next = last
    let entry = JournalEntry(writes: [
      .message("u", "c", Sample.message(next, text)), Sample.using("u"), .cache(key: [1, UInt8(next % 7)], kept),
    ])
    journal.append(entry, shard: 0, token: next)
    while journal.failure == nil, results.withLockedValue({ $0[next] }) == nil { sched_yield() }
  }
  // Refused at once now, and not tried again even if there were room.
  journal.append(
    JournalEntry(writes: [.message("u", "c", Sample.message(last + 1, "small"))]), shard: 0, token: last + 1)
  guard case .failed(let sentence)? = results.withLockedValue({ $0[last + 1] }) else { exit(10) }
  guard sentence.contains("cannot save") else { exit(11) }
  journal.shutdown()
  let all = results.withLockedValue { $0 }
  let committed = all.filter { $0.value == .committed }.keys.sorted()
  let failed = all.filter { if case .failed = $0.value { true } else { false } }.keys.sorted()
  // Everything before the failure was committed, everything from it on was not.
  guard committed == Array(1..<last), failed == [last, last + 1] else { exit(12) }
  guard let error = journal.failure, error.kind == kind, fatal.withLockedValue({ $0 }) == [error] else { exit(13) }
  // Reading goes on, and shows what was acknowledged and nothing else.
  guard try store.tail("u", "c").map(\.sequence) == committed else { exit(14) }
  guard try store.ledger() == [LedgerRow("u", Sample.row(), turns: last - 1, tokens: last - 1)] else { exit(16) }
  guard case .failed? = all[last], journal.metrics.failed == 1, journal.metrics.refused == 1 else { exit(15) }
  store.close()
  exit(error.exitCode)
}

@Suite("A failing disk", .serialized)
struct FailingDiskTests {
  @Test("a write beyond the limit on file sizes fails its entries, stops the journal, and leaves reading alone")
  func fileSizeLimit() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    await #expect(processExitsWith: .exitCode(74)) { [path = path as String] in
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 3 << 20, rlim_max: 3 << 20)
      setrlimit(__rlimit_resource_t(1), &limit)  // RLIMIT_FSIZE
      try writeUntilFailure(in: path, kind: .full)
    }
    // The next start finds what was acknowledged, and can write again.
    let store = try Store.open(directory: path)
    let kept = try store.tail("u", "c").map(\.sequence)
    #expect(kept.count > 10)
    #expect(kept == Array(1...UInt64(kept.count)))
    let journal = try TestJournal(store)
    #expect(await journal.commit(.message("u", "c", Sample.message(5000))) == .committed)
    journal.journal.shutdown()
    store.close()
  }

  @Test(
    "a full file system fails its entries, stops the journal, and opens again when there is room",
    .enabled(if: Mounts.areAllowed, "this machine does not let the tests mount a file system"))
  func fullFileSystem() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    try #require(Mounts.run("mount -t tmpfs -o size=4m tmpfs '\(path)'"))
    defer { _ = Mounts.run("umount '\(path)'") }
    await #expect(processExitsWith: .exitCode(74)) { [path = path as String] in
      try writeUntilFailure(in: path + "/data", kind: .full)
    }
    // Without any room not even opening works, and says so.
    let error = #expect(throws: StoreError.self) { try Store.open(directory: path + "/data") }
    #expect(error?.kind == .full, "\(String(describing: error))")
    try #require(Mounts.run("mount -o remount,size=64m '\(path)'"))
    let store = try Store.open(directory: path + "/data")
    let kept = try store.tail("u", "c").map(\.sequence)
    #expect(kept.count > 10)
    #expect(kept == Array(1...UInt64(kept.count)))
    store.close()
  }

  @Test(
    "a read-only file system is refused by name, before and after there are data on it",
    .enabled(if: Mounts.areAllowed, "this machine does not let the tests mount a file system"))
  func readOnly() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    try #require(Mounts.run("mount -t tmpfs -o size=64m tmpfs '\(path)'"))
    defer { _ = Mounts.run("umount '\(path)'") }
    try Store.open(directory: path + "/data").close()
    try #require(Mounts.run("mount -o remount,ro '\(path)'"))
    for place in ["/data", "/new"] {
      let error = #expect(throws: StoreError.self) { try Store.open(directory: path + place) }
      #expect(error?.kind == .readOnly, "\(String(describing: error))")
      #expect(error?.exitCode == 73)
      #expect(error?.message.contains("read-only file system") == true)
    }
  }
}
