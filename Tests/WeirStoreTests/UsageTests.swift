import Testing
import WeirCore

@testable import WeirStore

@Suite("Usage ledger")
struct UsageTests: HasStore {
  let rig: StoreRig

  init() throws { rig = try StoreRig() }

  @Test("a turn counts once in every figure of its row: alone, within one entry, within one commit, after a restart")
  func sums() async throws {
    var all = UsageFigures()
    all.turns = 1
    all.failures = 2
    all.cacheHits = 3
    all.inputTokens = 4
    all.cachedInputTokens = 5
    all.outputTokens = 6
    all.cost = 7
    all.saved = 1 << 40
    let row = Sample.row()
    func stored(_ store: Store) throws -> UsageFigures? {
      var found: UsageFigures?
      try store.scanUsage(days: 0...(.max)) { _, _, figures in found = figures }
      return found
    }
    func times(_ count: UInt64) -> UsageFigures {
      var sum = UsageFigures()
      for _ in 0..<count { sum += all }
      return sum
    }
    _ = await journal.commit(.usage("u", row, all))
    #expect(try stored(store) == times(1))
    _ = await journal.commit(.usage("u", row, all), .usage("u", row, all), .usage("u", row, all))
    #expect(try stored(store) == times(4))
    _ = await journal.commit(together: (0..<100).map { _ in JournalEntry(writes: [.usage("u", row, all)]) })
    #expect(try stored(store) == times(104))
    close()
    let store = try Store.open(directory: directory.path)
    let journal = try TestJournal(store)
    _ = await journal.commit(.usage("u", row, all))
    #expect(try stored(store) == times(105))
    journal.journal.shutdown()
    store.close()
  }

  @Test("an entry that is not stored, or was stored before, adds nothing, also not to later sums")
  func notStored() async throws {
    let tooLong = String(repeating: "c", count: 65)
    let bad = JournalEntry(writes: [Sample.using("u", tokens: 1000), .message("u", tooLong, Sample.message(1))])
    let good = JournalEntry(writes: [Sample.using("u", tokens: 1)])
    var once = JournalEntry(writes: [
      Sample.using("u", tokens: 10), .sent("u", clientMessageID: "m", Sample.sent("c", 1)),
    ])
    once.unlessSent = (user: "u", clientMessageID: "m")
    let results = await journal.commit(together: [bad, good, bad, once, once, good])
    #expect(results.map { $0 == .committed } == [false, true, false, true, false, true])
    _ = await journal.commit(once)
    _ = await journal.commit(bad)
    _ = await journal.commit(good)
    #expect(try store.ledger() == [LedgerRow("u", Sample.row(), turns: 4, tokens: 13)])
    close()
  }

  @Test("sums are exact for many more rows than are remembered, in any order", arguments: [1, 2] as [UInt64])
  func manyRows(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let rows = 3 * UsageRows.generation
    var expected: [Int: UInt64] = [:]
    for _ in 0..<30 {
      let entries = (0..<500).map { _ in
        // Some rows come often, most seldom.
        let row =
          Bool.random(using: &random)
          ? Int.random(in: 0..<20, using: &random) : Int.random(in: 0..<rows, using: &random)
        expected[row, default: 0] += 1
        return JournalEntry(writes: [Sample.using("user-\(row)")])
      }
      #expect(await journal.commit(together: entries).allSatisfy { $0 == .committed })
    }
    let ledger = Set(try store.ledger())
    #expect(
      ledger == Set(expected.map { LedgerRow("user-\($0)", Sample.row(), turns: $1, tokens: $1) }), "seed \(seed)")
    close()
  }

  @Test("adding to a row again asks the database only if the row was long ago")
  func memory() throws {
    var rows = UsageRows()
    var asked = 0
    func add(_ key: UInt64) throws -> UInt64 {
      let bytes = withUnsafeBytes(of: key) { Array($0) }
      let sum = try rows.add(Sample.figures(), to: bytes) { () throws(StoreError) in
        asked += 1
        return nil
      }
      rows.keepEntry()
      return sum.turns
    }
    for turn in 1...100 as ClosedRange<UInt64> {
      #expect(try add(7) == turn)
      if turn.isMultiple(of: 3) { rows.keepBatch() }
    }
    #expect(asked == 1)
    for key in 1000..<(1000 + 10 * UInt64(UsageRows.generation)) {
      _ = try add(key)
      rows.keepBatch()
      #expect(rows.remembered <= 2 * UsageRows.generation)
    }
    asked = 0
    _ = try add(7)
    #expect(asked == 1)
    rows.dropBatch()
    #expect(rows.remembered == 0)
  }

  @Test("the walk has the days and the user that were asked for, in order, and nothing else")
  func walk() async throws {
    var all: [LedgerRow] = []
    var writes: [StoreWrite] = []
    for user in ["a", "b", "aa"] {
      for day in [0, 5, 6, 255, 256, .max] as [UInt32] {
        for (model, version) in [("", ""), ("", "x"), ("m", ""), ("m", "v"), ("mv", "")] {
          let row = Sample.row(day, model: model, version: version)
          writes.append(Sample.using(user, row, tokens: UInt64(all.count)))
          all.append(LedgerRow(user, row, turns: 1, tokens: UInt64(all.count)))
        }
      }
    }
    _ = await journal.commit(JournalEntry(writes: writes.shuffled()))
    #expect(try store.ledger() == all)
    for days in [0...0, 1...4, 5...6, 6...256, 7...254, 257...(.max), (.max)...(.max)] as [ClosedRange<UInt32>] {
      let wanted = all.filter { days.contains($0.row.day) }
      #expect(try store.ledger(days) == wanted, "\(days)")
      for user in ["a", "b", "aa", "c"] {
        #expect(try store.ledger(days, user: user) == wanted.filter { $0.user == Array(user.utf8) }, "\(days) \(user)")
      }
    }
    struct Enough: Error {}
    var seen = 0
    #expect(throws: Enough.self) {
      try store.scanUsage(days: 0...(.max)) { _, _, _ in
        seen += 1
        if seen == 7 { throw Enough() }
      }
    }
    #expect(seen == 7)
    close()
  }

  @Test("the walk shows one moment, whatever is written while it goes on")
  func moment() async throws {
    let entries = (0..<300).map { JournalEntry(writes: [Sample.using("user-\(100 + $0)")]) }
    _ = await journal.commit(together: entries)
    var turns: UInt64 = 0
    var more = 0
    try store.scanUsage(days: 0...(.max)) { user, _, figures in
      turns += figures.turns
      more += 1
      // Not waited for: whether it comes to the disk before or after the walk passes there must not matter.
      journal.journal.append(
        JournalEntry(writes: [Sample.using("user-399"), Sample.using("v-\(more)")]), shard: 0, token: 0)
    }
    #expect(turns == 300)
    journal.journal.shutdown()
    #expect(try store.ledger().reduce(0) { $0 + $1.turns } == 900)
    store.close()
  }

  @Test("no user's row is another's, whatever the bytes of user, model and prompt version")
  func apart() async throws {
    var expected: Set<LedgerRow> = []
    var tokens: UInt64 = 0
    let names = ["", "a", "aa", "\u{0}", "\u{0}\u{1}a", "\u{FF}", String(repeating: "m", count: 256)]
    for user in KeyLayoutTests.hostile {
      var writes: [StoreWrite] = []
      for model in names {
        for version in names {
          tokens += 1
          let row = Sample.row(7, model: model, version: version)
          writes.append(Sample.using(user, row, tokens: tokens))
          expected.insert(LedgerRow(user, row, turns: 1, tokens: tokens))
        }
      }
      #expect(await journal.commit(JournalEntry(writes: writes)) == .committed)
    }
    #expect(Set(try store.ledger()) == expected)
    for user in KeyLayoutTests.hostile {
      #expect(Set(try store.ledger(user: user)) == expected.filter { $0.user == Array(user.utf8) })
    }
    let long = String(repeating: "m", count: 257)
    for row in [Sample.row(model: long), Sample.row(version: long)] {
      guard case .failed(let sentence) = await journal.commit(Sample.using("u", row)) else {
        Issue.record("stored under a key that is too long")
        continue
      }
      #expect(sentence.contains("at most 256 bytes, not 257; shorten it"))
    }
    close()
  }
}
