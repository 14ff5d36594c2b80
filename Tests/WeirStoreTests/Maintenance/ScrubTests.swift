import NIOConcurrencyHelpers
import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Erasing a person")
struct ScrubTests: HasStore {
  let rig: StoreRig

  init() throws {
    var options = StoreOptions(durability: .os)
    // What is compressed cannot be searched for.
    options.packsTables = false
    rig = try StoreRig(options)
  }

  private static let mark = "Kx7Qm2Zw9"

  /// The files, at any depth, that hold the bytes of a text.
  private func files(with text: String, in place: String? = nil) -> [String] {
    let place = place ?? directory.path
    return Files.names(in: place).flatMap { name -> [String] in
      let path = "\(place)/\(name)"
      let below = files(with: text, in: path)
      if !below.isEmpty { return below }
      return Self.contains(Files.read(path), Array(text.utf8)) ? [path] : []
    }
  }

  private static func contains(_ bytes: [UInt8], _ wanted: [UInt8]) -> Bool {
    guard bytes.count >= wanted.count else { return false }
    return bytes.withUnsafeBytes { all in
      wanted.withUnsafeBytes { wanted in
        (0...(all.count - wanted.count)).contains { start in
          all[start] == wanted[0] && all[start..<(start + wanted.count)].elementsEqual(wanted)
        }
      }
    }
  }

  @Test("after scrubbing, no file has a byte of the person: no text, no id, no name; all others have everything")
  func gone() async throws {
    let user = "user-\(Self.mark)"
    await journal.live("before", user, "zz", mark: "others")
    await journal.live(user, mark: Self.mark)
    // Some in table files of several ages, some in the log.
    try store.flush()
    await journal.live(user, mark: "\(Self.mark)-again")
    try store.flush()
    await journal.live(user, mark: "\(Self.mark)-young")
    let kinds = Set(files(with: Self.mark).map { $0.split(separator: ".").last.map(String.init) ?? "" })
    #expect(kinds.contains("sst") && kinds.contains("log"), "the test finds what it looks for: \(kinds)")

    #expect(await journal.commit(.eraseUser(user)) == .committed)
    let steps = NIOLockedValueBox<[ScrubStep]>([])
    try store.scrub(user) { step in steps.withLockedValue { $0.append(step) } }
    #expect(files(with: Self.mark) == [])
    #expect(steps.withLockedValue { $0.contains(.rewriting(done: 0, families: ColumnFamily.allCases.count)) })
    for other in ["before", "zz"] { #expect(try store.tail(other, "c-others").count == 3) }
    #expect(try store.ledger().count == 2)
    #expect(try store.verify().findings == [])
    close()
    #expect(files(with: Self.mark) == [])
  }

  @Test("what was merged into the last level long ago goes as well")
  func oldest() async throws {
    await journal.live("a", "ann", "b", mark: "others")
    await journal.live("ann", mark: Self.mark)
    try store.flush()
    for family in ColumnFamily.allCases { try store.database().compact(family, .all) }
    #expect(!files(with: Self.mark).isEmpty)
    #expect(await journal.commit(.eraseUser("ann")) == .committed)
    try store.scrub("ann")
    #expect(files(with: Self.mark) == [])
    // Again, with nothing to do.
    try store.scrub("ann")
    #expect(try store.tail("a", "c-others").count == 3)
    close()
  }

  @Test("what a server that was killed has left behind, logs and all, goes as well", arguments: [0, 1, 2])
  func leftBehind(starts: Int) async throws {
    await journal.live("ann", "bob", mark: Self.mark)
    // As a crash leaves it: a copy of the files, while the store is open.
    let crashed = try TemporaryDirectory()
    for name in Files.names(in: directory.path) where name != "LOCK" && name != "answer-cache" {
      try Files.write(Files.read(directory.path(name)), to: crashed.path(name))
    }
    close()
    var options = store.options
    options.cacheLimitBytes = 0
    for _ in 0..<starts { try Store.open(directory: crashed.path, options: options).close() }
    let again = try Store.open(directory: crashed.path, options: options)
    for user in ["ann", "bob"] {
      try again.eraseAlone(user)
      try again.scrub(user, patienceMs: 5000)
    }
    #expect(files(with: Self.mark, in: crashed.path) == [])
    again.close()
    #expect(files(with: Self.mark, in: crashed.path) == [])
  }

  @Test("erasing takes all kinds of data of exactly this user, in a commit of its own between its neighbours")
  func exact() async throws {
    // Ids that begin like the user's, or with the bytes that follow.
    let others = ["an", "ann\0", "anna", "ann ", "Ann", "anm", "ano"]
    for other in others { await journal.live(other) }
    let before = try ColumnFamily.allCases.map(store.keyCount)
    var again = Sample.sending("ann", "c", 1, text: "new life")
    again.unlessSent = (user: "ann", clientMessageID: "m1-x")
    let results = await journal.commit(
      together: Sample.life("ann") + [JournalEntry(writes: [.eraseUser("ann")]), again])
    #expect(results.allSatisfy { $0 == .committed })
    #expect(journal.journal.metrics.batches >= 3)
    #expect(try store.tail("ann", "c").map(\.plainText) == ["new life"])
    #expect(try store.ledger(user: "ann").isEmpty)
    _ = await journal.commit(Sample.using("ann", UsageKey(day: 20_000, model: "demo", promptVersion: "v-x"), tokens: 1))
    #expect(try store.ledger(user: "ann").map(\.tokens) == [1], "sums begin anew")
    #expect(await journal.commit(.eraseUser("ann")) == .committed)
    #expect(try ColumnFamily.allCases.map(store.keyCount) == before)
    #expect(store.answer(.session("ann")) == .session(UserState(), cutTurns: []))
    close()
  }

  @Test("an erasure with other writes in its entry is refused, and nothing of it is stored")
  func alone() async throws {
    await journal.live("ann")
    for entry in [
      JournalEntry(writes: [.eraseUser("ann"), .user("ann", UserState(lastTurnID: 9))]),
      JournalEntry(writes: [.eraseUser("ann")], unlessSent: (user: "ann", clientMessageID: "new")),
    ] {
      guard case .failed(let sentence) = await journal.commit(entry) else {
        Issue.record("it was taken")
        continue
      }
      #expect(sentence.contains("only write"))
    }
    #expect(try store.tail("ann", "c-x").count == 3)
    close()
  }

  @Test("whoever is still there is not scrubbed")
  func notErased() async throws {
    await journal.live("ann")
    let error = #expect(throws: StoreError.self) { try store.scrub("ann") }
    #expect(error?.kind == .invalid && error?.message.contains("erase the user first") == true)
    close()
  }

  @Test("a reader that still sees the person is waited for, and told of when it does not end")
  func reader() async throws {
    await journal.live("ann", mark: Self.mark)
    let steps = NIOLockedValueBox<[ScrubStep]>([])
    do {
      let view = ReadView(try store.database())
      #expect(await journal.commit(.eraseUser("ann")) == .committed)
      let error = #expect(throws: StoreError.self) {
        try store.scrub("ann", patienceMs: 50) { step in steps.withLockedValue { $0.append(step) } }
      }
      #expect(error?.kind == .busy && error?.exitCode == 75)
      #expect(steps.withLockedValue { $0 } == [.waitingForReaders])
      _ = try view.get(.users, UserKeys("ann").user) { _ in }
    }
    try store.scrub("ann")
    #expect(files(with: Self.mark) == [])
    close()
  }

  @Test("with the erasure all kept answers go, and new ones are kept")
  func cache() async throws {
    await journal.live("ann", mark: Self.mark)
    let key = Array("key \(Self.mark)".utf8)
    #expect(store.answer(.cached(key: key)) == .cached(Sample.answer("answer \(Self.mark)")))
    _ = await journal.commit(.eraseUser("ann"))
    try store.scrub("ann")
    #expect(store.answer(.cached(key: key)) == .cached(nil))
    for round in 0..<3 {
      _ = await journal.commit(.cache(key: [1], Sample.answer("\(round)")))
      #expect(store.answer(.cached(key: [1])) == .cached(Sample.answer("\(round)")))
      try store.handles().cache?.flush()
    }
    #expect(store.answer(.cached(key: [1])) == .cached(Sample.answer("2")))
    close()
  }
}
