import Testing
import WeirCore
import WeirWire

@testable import WeirStore

/// A directory that the first version with schema 2 wrote and did not close: "größe" in table files, "ada" in the log.
/// Each has a finished turn, one that was cut off after a checkpoint with a part in it, a call of the HTTP API that was cut
/// off, and a row of usage.
@Suite("Data of schema version 2")
struct SchemaTwoTests {
  let directory: TemporaryDirectory

  init(file: String = #filePath) throws {
    directory = try TemporaryDirectory()
    let folder = file.utf8.prefix(upTo: try #require(file.utf8.lastIndex(of: UInt8(ascii: "/"))))
    let fixture = try #require(String(folder)) + "/Fixtures/schema-2"
    let names = Files.names(in: fixture)
    try #require(names.contains("CURRENT"), "\(fixture) is not there")
    for name in names { try Files.write(Files.read("\(fixture)/\(name)"), to: directory.path(name)) }
  }

  private func expectAll(in store: Store) throws {
    for (user, mark) in [("größe", "old"), ("ada", "new")] {
      let id = "c-\(mark)"
      #expect(try store.tail(user, id).map(\.plainText) == ["question \(mark)", "answer \(mark)", "question \(mark)"])
      guard case .conversations(let list, nil) = store.answer(.conversations(user, after: nil, limit: 5)) else {
        Issue.record("no list")
        continue
      }
      #expect(list.map(\.id) == [id] && list.first?.updatedAtMs == 1003 && list.first?.title == "about \(mark)")
      #expect(
        store.answer(.sent(user, clientMessageID: "m1-\(mark)"))
          == .sent(SentRecord(conversationID: id, sequence: 1, turnID: 1, revision: 1)))
      guard case .answer(id, let answer?) = store.answer(.answer(user, 1)) else {
        Issue.record("the answer is gone")
        continue
      }
      #expect(answer.sequence == 2 && answer.role == .assistant)
      guard case .session(let state, let cut) = store.answer(.session(user)) else {
        Issue.record("no session")
        continue
      }
      #expect(state.lastTurnID == 3 && state.day == 20_000 && state.dayTokens == 7 && state.plan == "pro")
      #expect(state.month == 657 && state.monthTokens == 7)
      #expect(cut.map(\.record.turnID) == [2, 3] && cut.map(\.record.isDirect) == [false, true])
      #expect(cut[0].text == Array("text \(mark)".utf8) && cut[0].marks.map(\.offset) == [2])
      #expect(cut[0].marks.first?.mark.kind == .reasoning && cut[0].record.questionSequence == 3)
      let row = UsageKey(day: 20_000, model: "demo", promptVersion: "v-\(mark)")
      #expect(try store.ledger(user: user) == [LedgerRow(user, row, turns: 1, tokens: 7)])
    }
  }

  @Test("it is sound as it lies there, opens with all that is in it, takes what is new, and opens again")
  func opens() async throws {
    let before = try Store.verify(in: directory.path)
    #expect(before.findings == [] && before.entries[.messages] == 6)
    let store = try Store.open(directory: directory.path)
    try expectAll(in: store)
    let journal = try TestJournal(store)
    await journal.live("new")
    journal.journal.shutdown()
    #expect(try store.verify().findings == [])
    store.close()
    let again = try Store.open(directory: directory.path)
    try expectAll(in: again)
    again.close()
  }
}
