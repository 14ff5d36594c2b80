import CRocksDB
import Glibc
import Testing
import WeirCore
import WeirWire

@testable import WeirStore

/// A directory that the last version with schema 1 wrote: partly in table files, partly in the log. User "ada" has a
/// finished turn and one that was cut off after two checkpoints, the second in the middle of a character; "größe" has a
/// finished turn.
@Suite("Data of schema version 1")
struct MigrationTests {
  let directory: TemporaryDirectory

  init(file: String = #filePath) throws {
    directory = try TemporaryDirectory()
    let folder = file.utf8.prefix(upTo: try #require(file.utf8.lastIndex(of: UInt8(ascii: "/"))))
    let fixture = try #require(String(folder)) + "/Fixtures/schema-1"
    let names = Files.names(in: fixture)
    try #require(names.contains("CURRENT"), "\(fixture) is not there")
    for name in names { try Files.write(Files.read("\(fixture)/\(name)"), to: directory.path(name)) }
  }

  private func turn(_ id: TurnID, _ question: UInt64) -> TurnRecord {
    TurnRecord(
      turnID: id, conversationID: "letters", questionSequence: question, answerSequence: question + 1, model: "demo",
      createdAtMs: 1000 + question)
  }

  private func expectAll(in store: Store) throws {
    for (user, texts) in [
      ("ada", ["Hello from ada.", "Hello, ada!", "Go on."]), ("größe", ["Hello from größe.", "Hello, größe!"]),
    ] {
      #expect(try store.tail(user, "letters").map(\.plainText) == texts)
      #expect(
        store.answer(.sent(user, clientMessageID: "m1"))
          == .sent(SentRecord(conversationID: "letters", sequence: 1, turnID: 1, revision: 1)))
      guard case .answer("letters", let answer?) = store.answer(.answer(user, 1)) else {
        Issue.record("the answer is gone")
        continue
      }
      #expect(answer.plainText == texts[1])
    }
    let cut = CutTurn(record: turn(2, 3), text: Array("half an answer ".utf8))
    #expect(store.answer(.session("ada")) == .session(UserState(lastTurnID: 2), cutTurns: [cut]))
    #expect(store.answer(.session("größe")) == .session(UserState(lastTurnID: 1), cutTurns: []))
    guard case .conversations(let list, nil) = store.answer(.conversations("ada", after: nil, limit: 5)) else {
      Issue.record("no list")
      return
    }
    #expect(list.map(\.updatedAtMs) == [1003])
  }

  @Test("it opens with all that is in it, takes what is new, and opens again")
  func opens() async throws {
    let store = try Store.open(directory: directory.path)
    try expectAll(in: store)
    #expect(try store.ledger().isEmpty)
    let journal = try TestJournal(store)
    #expect(await journal.commit(Sample.using("ada"), .cache(key: [1], Sample.answer())) == .committed)
    journal.journal.shutdown()
    store.close()
    let again = try Store.open(directory: directory.path)
    try expectAll(in: again)
    #expect(try again.ledger() == [LedgerRow("ada", Sample.row(), turns: 1, tokens: 1)])
    let options = rocksdb_readoptions_create()
    defer { rocksdb_readoptions_destroy(options) }
    let version = try again.database().get(.meta, KeyLayout.schemaVersionKey, options) { Array($0) }
    #expect(version == [0, 0, 0, 2])
    again.close()
  }

  @Test("a start that was cut off between the opening and the new version is gone on with")
  func cutOff() throws {
    do { _ = try Database(directory: directory.path, options: StoreOptions()) }
    // The older version refuses the directory from here on: it does not know this column family.
    #expect(try Database.familyNames(in: directory.path).contains("usage"))
    let store = try Store.open(directory: directory.path)
    try expectAll(in: store)
    store.close()
  }

  @Test("its ledger can be read without opening it, is empty, and the directory stays of version 1")
  func ledger() throws {
    let before = Files.names(in: directory.path).map { [$0: Files.read(directory.path($0))] }
    #expect(try Store.ledger(in: directory.path).isEmpty)
    #expect(Files.names(in: directory.path).map { [$0: Files.read(directory.path($0))] } == before)
  }
}
