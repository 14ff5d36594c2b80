import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Journal")
struct JournalTests: HasStore {
  let rig: StoreRig

  init() throws { rig = try StoreRig(StoreOptions()) }

  @Test("what is acknowledged can be read at once")
  func readAfterReply() async throws {
    for sequence in 1...20 as ClosedRange<UInt64> {
      #expect(await journal.commit(Sample.sending("u", "c", sequence)) == .committed)
      #expect(try store.tail("u", "c").map(\.sequence) == Array(1...sequence))
    }
    close()
  }

  @Test("entries that are put in together share a commit, keep their order, and are answered with one call")
  func groupCommit() async throws {
    // The last write to a key wins, so the order shows.
    let entries = (1...100).map { JournalEntry(writes: [.message("u", "c", Sample.message(1, "text \($0)"))]) }
    let results = await journal.commit(together: entries)
    #expect(results.allSatisfy { $0 == .committed })
    #expect(try store.tail("u", "c").map(\.plainText) == ["text 100"])
    #expect(journal.journal.metrics.batches == 1)
    #expect(journal.journal.metrics.committed == 100)
    #expect(journal.calls == [Array(1...100)])
    #expect(journal.journal.metrics.commit.buckets.reduce(0, +) == 1)
    close()
  }

  @Test("a commit takes no more than its limits, and the order stays")
  func batchLimits() async throws {
    close()
    let store = try Store.open(directory: directory.path)
    var options = JournalOptions()
    options.maximumBatchEntries = 7
    let journal = try TestJournal(store, options: options)
    let entries = (1...100).map { JournalEntry(writes: [.message("u", "c", Sample.message(1, "text \($0)"))]) }
    let results = await journal.commit(together: entries)
    #expect(results.allSatisfy { $0 == .committed })
    #expect(journal.journal.metrics.batches == 15)
    #expect(journal.calls.flatMap { $0 } == Array(1...100))
    #expect(try store.tail("u", "c").map(\.plainText) == ["text 100"])
    journal.journal.shutdown()
    store.close()
  }

  @Test("a message that is sent again is stored once: later, within one commit, and after a restart")
  func idempotency() async throws {
    let first = Sample.sending("u", "c", 1, text: "first")
    #expect(await journal.commit(first) == .committed)
    var again = Sample.sending("u", "c", 2, text: "again")
    again.unlessSent = (user: "u", clientMessageID: "id-1")
    #expect(await journal.commit(again) == .exists(Sample.sent("c", 1, turn: 1)))

    let fresh = Sample.sending("u", "c", 3, text: "third")
    var double = Sample.sending("u", "c", 4, text: "double")
    double.unlessSent = fresh.unlessSent
    let results = await journal.commit(together: [fresh, double, fresh])
    let known = JournalResult.exists(Sample.sent("c", 3, turn: 3))
    #expect(results == [.committed, known, known])
    // The same id of another user is another message.
    var other = Sample.sending("v", "c", 9)
    other.unlessSent = (user: "v", clientMessageID: "id-1")
    #expect(await journal.commit(other) == .committed)

    close()
    let store = try Store.open(directory: directory.path)
    let journal = try TestJournal(store)
    #expect(await journal.commit(again) == .exists(Sample.sent("c", 1, turn: 1)))
    #expect(try store.tail("u", "c").map(\.plainText) == ["first", "third"])
    #expect(store.answer(.sent("u", clientMessageID: "id-3")) == .sent(Sample.sent("c", 3, turn: 3)))
    #expect(store.answer(.sent("u", clientMessageID: "id-4")) == .sent(nil))
    #expect(journal.journal.metrics.existed == 1)
    journal.journal.shutdown()
    store.close()
  }

  @Test("an entry that cannot be stored leaves nothing behind and hurts no other in its commit")
  func wholeOrNothing() async throws {
    let bad = JournalEntry(writes: [
      .message("u", "c", Sample.message(1, "must not show")),
      .sent("u", clientMessageID: "bad", Sample.sent("c", 1)),
      .message("u", String(repeating: "c", count: 65), Sample.message(2)),
    ])
    let good = JournalEntry(writes: [.message("u", "c", Sample.message(3, "shows"))])
    var afterBad = JournalEntry(writes: [.message("u", "c", Sample.message(4, "shows too"))])
    afterBad.unlessSent = (user: "u", clientMessageID: "bad")
    let results = await journal.commit(together: [good, bad, afterBad])
    #expect(results[0] == .committed)
    #expect(results[2] == .committed)
    guard case .failed(let sentence) = results[1] else {
      Issue.record("\(results[1])")
      return
    }
    #expect(sentence.contains("1 to 64 bytes"))
    #expect(try store.tail("u", "c").map(\.plainText) == ["shows", "shows too"])
    #expect(store.answer(.sent("u", clientMessageID: "bad")) == .sent(nil))
    #expect(journal.journal.failure == nil)
    #expect(journal.journal.metrics.failed == 1)
    close()
  }

  @Test("an answer, its conversation and the end of its turn become visible together")
  func endOfTurn() async throws {
    _ = await journal.commit(Sample.sending("u", "c", 1))
    _ = await journal.commit(.turnText("u", 1, offset: 0, text: Array("half an ".utf8), marks: []))
    guard case .session(UserState(lastTurnID: 1), let running) = store.answer(.session("u")) else {
      Issue.record("no session")
      return
    }
    #expect(running == [CutTurn(record: Sample.turn(1, in: "c"), text: Array("half an ".utf8))])
    // Text and end in one commit: the text must not outlive its turn.
    let results = await journal.commit(together: [
      JournalEntry(writes: [.turnText("u", 1, offset: 8, text: Array("answer".utf8), marks: [])]),
      JournalEntry(writes: [
        .message("u", "c", Sample.message(2, "half an answer", role: .assistant, turn: 1)),
        .conversation("u", Sample.conversation("c", at: 5000, revision: 2, last: 2), previousUpdatedAtMs: 1001),
        .endTurn("u", 1),
      ]),
    ])
    #expect(results == [.committed, .committed])
    #expect(store.answer(.session("u")) == .session(UserState(lastTurnID: 1), cutTurns: []))
    #expect(
      store.answer(.answer("u", 1)) == .answer("c", Sample.message(2, "half an answer", role: .assistant, turn: 1)))
    #expect(store.answer(.answer("u", 2)) == .answer("", nil))
    #expect(try store.keyCount(.turnText) == 0)
    #expect(try store.keyCount(.turns) == 0)
    #expect(try store.keyCount(.conversationList) == 1)
    close()
  }

  @Test("token 0 asks for no reply")
  func tokenZero() async throws {
    journal.journal.append(Sample.sending("u", "c", 1), shard: 0, token: 0)
    #expect(await journal.commit(Sample.sending("u", "c", 2)) == .committed)
    #expect(journal.calls.flatMap { $0 } == [1])
    #expect(try store.tail("u", "c").count == 2)
    close()
  }

  @Test("shutdown writes and answers what was put in, and refuses what comes later")
  func shutdown() async throws {
    let entries = (1...500).map { Sample.sending("u", "c", UInt64($0)) }
    async let results = journal.commit(together: entries)
    // The first reply proves that all of them are in the queue.
    while journal.calls.isEmpty { await Task.yield() }
    journal.journal.shutdown()
    #expect(await results.allSatisfy { $0 == .committed })
    guard case .failed(let sentence) = await journal.commit(Sample.sending("u", "c", 501)) else {
      Issue.record("taken after shutdown")
      return
    }
    #expect(sentence.contains("shutting down"))
    #expect(try store.tail("u", "c").count == 500)
    #expect(journal.journal.metrics.refused == 1)
    journal.journal.shutdown()
    store.close()
  }
}
