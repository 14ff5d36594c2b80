import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Deleting a conversation")
struct DeletionTests: HasStore {
  let rig: StoreRig

  init() throws { rig = try StoreRig() }

  /// The number of keys by column family, without those that outlive a conversation.
  private func keyCounts() throws -> [ColumnFamily: Int] {
    var counts: [ColumnFamily: Int] = [:]
    for family in ColumnFamily.allCases where family != .meta && family != .users {
      counts[family] = try store.keyCount(family)
    }
    return counts.filter { $0.value != 0 }
  }

  private func answer(_ user: UserID, _ id: ConversationID, _ sequence: UInt64, turn: TurnID) -> JournalEntry {
    JournalEntry(writes: [
      .message(user, id, Sample.message(sequence, "answer", role: .assistant, turn: turn)), .endTurn(user, turn),
    ])
  }

  @Test("everything of it goes, and nothing of any other", arguments: [1, 40, 600])
  func everything(messages: Int) async throws {
    // The conversation that stays: same user, and an id that begins with the other's.
    _ = await journal.commit(
      .conversation("u", Sample.conversation("cc", at: 77), previousUpdatedAtMs: nil),
      .message("u", "cc", Sample.message(1, turn: 1, clientID: "stays")),
      .sent("u", clientMessageID: "stays", Sample.sent("cc", 1)),
      .message("u", "cc", Sample.message(2, role: .assistant, turn: 5000)),
      .turn("u", Sample.turn(5001, in: "cc")), .turnText("u", 5001, offset: 0, text: [0x61], marks: []))
    let before = try keyCounts()

    let sends = (1...messages).map { Sample.sending("u", "c", UInt64($0)) }
    _ = await journal.commit(together: sends)
    // An answer that was continued: the message names turn 3 only, but turn 1 has an entry as well.
    _ = await journal.commit(together: [answer("u", "c", 10_000, turn: 1), answer("u", "c", 10_000, turn: 3)])
    _ = await journal.commit(
      .turn("u", Sample.turn(4000, in: "c")), .turnText("u", 4000, offset: 0, text: Array("running".utf8), marks: []))
    #expect(try keyCounts() != before)

    let result = await journal.commit(.deleteConversation("u", "c", updatedAtMs: 1000 + UInt64(messages)))
    #expect(result == .committed)
    #expect(try keyCounts() == before)
    #expect(store.answer(.answer("u", 1)) == .answer("", nil))
    #expect(
      store.answer(.conversation("u", "c", tailMessages: 5, tailBytes: 100))
        == .conversation(nil, tail: [], hasMore: false))
    #expect(
      store.answer(.history("u", "c", before: nil, limit: 5))
        == .history(conversation: nil, messages: [], hasMore: false))
    close()
  }

  @Test("what was written earlier in the same commit goes too, and what comes after stays")
  func sameCommit() async throws {
    var again = Sample.sending("u", "c", 3, text: "new life")
    again.writes.removeLast()
    let deletion = JournalEntry(writes: [
      .message("u", "c", Sample.message(2, turn: 2, clientID: "own")),
      .sent("u", clientMessageID: "own", Sample.sent("c", 2)),
      .deleteConversation("u", "c", updatedAtMs: 1001),
    ])
    var resent = Sample.sending("u", "c", 4, text: "sent again")
    resent.unlessSent = (user: "u", clientMessageID: "id-1")
    resent.writes = [.message("u", "c", Sample.message(4, "sent again"))]
    let results = await journal.commit(together: [
      Sample.sending("u", "c", 1), JournalEntry(writes: [.turnText("u", 1, offset: 0, text: [0x61], marks: [])]),
      answer("u", "c", 50, turn: 1), Sample.sending("v", "c", 1), deletion, resent, again,
    ])
    #expect(results.allSatisfy { $0 == .committed })
    #expect(journal.journal.metrics.batches == 1)
    #expect(try store.tail("u", "c").map(\.plainText) == ["new life", "sent again"])
    #expect(try store.tail("v", "c").count == 1)
    #expect(store.answer(.sent("u", clientMessageID: "id-1")) == .sent(nil))
    #expect(store.answer(.sent("u", clientMessageID: "own")) == .sent(nil))
    #expect(store.answer(.answer("u", 1)) == .answer("", nil))
    #expect(try store.keyCount(.turnText) == 0)
    #expect(store.answer(.session("u")) == .session(UserState(lastTurnID: 3), cutTurns: []))
    close()
  }

  @Test("deleting twice, and what is not there, is no error")
  func nothing() async throws {
    let deletion = JournalEntry(writes: [.deleteConversation("u", "c", updatedAtMs: 1)])
    let results = await journal.commit(together: [deletion, deletion])
    #expect(results == [.committed, .committed])
    #expect(try keyCounts() == [:])
    close()
  }
}
