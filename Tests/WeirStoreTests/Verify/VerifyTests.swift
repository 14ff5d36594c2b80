import CRocksDB
import Glibc
import NIOCore
import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Verifying a store")
struct VerifyTests {
  let directory: TemporaryDirectory
  let store: Store

  init() throws {
    directory = try TemporaryDirectory()
    store = try Store.open(directory: directory.path, options: StoreOptions(durability: .os))
  }

  private func live(_ users: UserID...) async throws {
    let journal = try TestJournal(store)
    for user in users { await journal.live(user) }
    journal.journal.shutdown()
  }

  /// A kind of damage: what it does to the data of user "ann" (see `Sample.life`), and what must be said of it.
  struct Damage: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var expected: [VerifyFinding.Kind]
    var words: String
    var plant: @Sendable (inout WriteBatch, UserKeys) throws -> Void

    init(
      _ name: String, _ expected: VerifyFinding.Kind..., saying words: String,
      _ plant: @escaping @Sendable (inout WriteBatch, UserKeys) throws -> Void
    ) {
      testDescription = name
      self.expected = expected
      self.words = words
      self.plant = plant
    }
  }

  private static func put(
    _ batch: inout WriteBatch, _ family: ColumnFamily, _ key: [UInt8], _ record: some StoredRecord
  ) {
    var buffer = ByteBuffer()
    record.encode(into: &buffer)
    buffer.withUnsafeReadableBytes { batch.put(family, key, $0) }
  }

  private static func put(
    _ batch: inout WriteBatch, _ family: ColumnFamily, _ key: [UInt8], _ message: some WireMessage
  ) {
    var buffer = ByteBuffer()
    message.encode(into: &buffer)
    buffer.withUnsafeReadableBytes { batch.put(family, key, $0) }
  }

  private static func put(_ batch: inout WriteBatch, _ family: ColumnFamily, _ key: [UInt8], raw bytes: [UInt8] = []) {
    bytes.withUnsafeBytes { batch.put(family, key, $0) }
  }

  /// A varint that does not end.
  private static let broken: [UInt8] = [0x08, 0xFF]

  static let damages: [Damage] = [
    Damage(
      "a conversation's record is lost", .listedForNothing, .orphanMessages, .orphanTurn, saying: "which is not there"
    ) {
      $0.delete(.conversations, try $1.conversation("c-x"))
    },
    Damage("an entry of the list is lost", .notListed, saying: "does not have conversation 'c-x' at its time, 1003") {
      $0.delete(.conversationList, try $1.listed(updatedAtMs: 1003, "c-x"))
    },
    Damage("an old entry of the list is left", .listedForNothing, saying: "at 1002, when it did not change") {
      put(&$0, .conversationList, try $1.listed(updatedAtMs: 1002, "c-x"))
    },
    Damage("a conversation says it is another", .badRecord, saying: "says it is 'c-y'") {
      put(&$0, .conversations, try $1.conversation("c-x"), Sample.conversation("c-y", at: 1003, last: 3))
    },
    Damage("a conversation does not decode", .badRecord, saying: "conversation 'c-x' cannot be decoded") {
      put(&$0, .conversations, try $1.conversation("c-x"), raw: broken)
    },
    Damage("a conversation knows too few messages", .badSequence, saying: "the last one that its conversation knows, 2")
    {
      put(&$0, .conversations, try $1.conversation("c-x"), Sample.conversation("c-x", at: 1003, last: 2))
    },
    Damage(
      "a question is lost", .sentForNothing, .orphanTurn, saying: "message 3 of conversation 'c-x', which is not there"
    ) {
      $0.delete(.messages, try $1.messages("c-x").message(3))
    },
    Damage("an answer is lost", .answerForNothing, saying: "the answer of turn 1 is to be message 2") {
      $0.delete(.messages, try $1.messages("c-x").message(2))
    },
    Damage("a message does not decode", .badRecord, saying: "message 2 of conversation 'c-x' cannot be decoded") {
      put(&$0, .messages, try $1.messages("c-x").message(2), raw: broken)
    },
    Damage("a message lies in another's place", .badRecord, .answerNotFound, saying: "says it is 1") {
      let message = Sample.message(1, "answer x", role: .assistant, turn: 1)
      put(&$0, .messages, try $1.messages("c-x").message(2), message)
    },
    Damage("a message has no place", .badSequence, saying: "the first is 1") {
      put(&$0, .messages, try $1.messages("c-x").message(0), Sample.message(0))
    },
    Damage("an answer became a question", .answerForNothing, saying: "which is no answer") {
      put(&$0, .messages, try $1.messages("c-x").message(2), Sample.message(2, turn: 1))
    },
    Damage("an answer's place is lost", .answerNotFound, saying: "cannot be found by its turn, 1") {
      $0.delete(.answers, $1.turn(1))
    },
    Damage("an answer's place is another's", .answerNotFound, .answerForNothing, saying: "points to message 1") {
      put(&$0, .answers, $1.turn(1), AnswerRecord(conversationID: "c-x", sequence: 1))
    },
    Damage("an answer's place does not decode", .badRecord, saying: "the place of turn 1's answer") {
      put(&$0, .answers, $1.turn(1), raw: broken)
    },
    Damage("a sent id is lost", .sentNotFound, saying: "if 'm1-x' were sent again") {
      $0.delete(.sent, try $1.sent("m1-x"))
    },
    Damage("a sent id points to another message", .sentNotFound, .sentForNothing, saying: "which was sent as 'm3-x'") {
      put(&$0, .sent, try $1.sent("m1-x"), Sample.sent("c-x", 3))
    },
    Damage("a sent id does not decode", .badRecord, saying: "the sent message 'm1-x' cannot be decoded") {
      put(&$0, .sent, try $1.sent("m1-x"), raw: broken)
    },
    Damage("a turn is lost while it runs", .orphanText, saying: "there is text of turn 2, which is not there") {
      $0.delete(.turns, $1.turn(2))
    },
    Damage("a turn says it is another", .badRecord, saying: "says it is 9") {
      var record = Sample.turn(9, in: "c-x")
      record.questionSequence = 3
      put(&$0, .turns, $1.turn(2), record)
    },
    Damage("a turn is of no conversation", .orphanTurn, saying: "turn 2 is of conversation 'gone'") {
      put(&$0, .turns, $1.turn(2), Sample.turn(2, in: "gone"))
    },
    Damage("a turn does not decode", .badRecord, saying: "turn 2 cannot be decoded") {
      put(&$0, .turns, $1.turn(2), raw: broken)
    },
    Damage("the text of a turn has a gap", .brokenText, saying: "ends at 6, and goes on at 7") {
      put(&$0, .turnText, $1.turnText(2, offset: 7), raw: [0x61])
    },
    Damage("the beginning of a turn's text is lost", .brokenText, saying: "ends at 0") {
      $0.delete(.turnText, $1.turnText(2, offset: 0))
    },
    Damage("a part does not decode", .badRecord, saying: "the part at 2") {
      put(&$0, .turnText, $1.turnMark(2, offset: 2), raw: broken)
    },
    Damage("a user's record is lost", .badUser, .badUser, .badUser, saying: "but no record") {
      $0.delete(.users, $1.user)
    },
    Damage("a user's record is behind", .badUser, .badUser, saying: "the record knows turns up to 1") {
      put(&$0, .users, $1.user, UserState(lastTurnID: 1))
    },
    Damage("a user's figures cannot be", .badUser, saying: "used 8 tokens in a day, but 7 in its month") {
      var state = UserState(lastTurnID: 3)
      (state.day, state.dayTokens, state.month, state.monthTokens) = (20_000, 8, 657, 7)
      put(&$0, .users, $1.user, state)
    },
    Damage("a user's record does not decode", .badRecord, saying: "User 'ann': the record cannot be decoded") {
      put(&$0, .users, $1.user, raw: broken)
    },
    Damage("a row of usage does not decode", .badRecord, saying: "the usage of 2024-10-04 with model 'demo'") {
      put(&$0, .usage, try $1.usage(UsageKey(day: 20_000, model: "demo", promptVersion: "v-x")), raw: broken)
    },
    Damage("a row of usage cannot be", .badUsage, saying: "counts 1 turns, of which 2 failed") {
      var figures = Sample.figures()
      figures.failures = 2
      put(&$0, .usage, try $1.usage(UsageKey(day: 20_000, model: "demo", promptVersion: "v-x")), figures)
    },
    Damage("there is something strange", .strangeKey, saying: "default has a key that is none of Weir's: 7175656572") {
      batch, _ in put(&batch, .meta, Array("queer".utf8))
    },
  ]

  @Test("what the journal writes is sound", arguments: [false, true])
  func sound(flushed: Bool) async throws {
    try await live("ann", "größe", "a\0b")
    if flushed { try store.flush() }
    let report = try store.verify()
    #expect(report.findings == [] && report.isSound)
    #expect(report.entries[.messages] == 9 && report.entries[.users] == 3 && report.entries[.meta] == 1)
    store.close()
    #expect(try Store.verify(in: directory.path) == report)
  }

  @Test("each kind of damage is found, told in a sentence, and nothing else is", arguments: damages)
  func damage(_ damage: Damage) async throws {
    try await live("al", "ann", "annb")
    var batch = WriteBatch(try store.database(), .logged)
    try damage.plant(&batch, try UserKeys("ann"))
    try batch.commit()
    let report = try store.verify()
    #expect(report.findings.map(\.kind) == damage.expected, "\(report.findings)")
    #expect(report.findings.contains { $0.description.contains(damage.words) }, "\(report.findings)")
    #expect(report.findings.allSatisfy { damage.expected == [.strangeKey] || $0.description.contains("User 'ann'") })
    #expect(report.findingCount == damage.expected.count)
    store.close()
  }

  @Test("a key that is not of the layout is found in every kind of data")
  func strangeKeys() async throws {
    try await live("ann")
    let keys: [[UInt8]] = [[], [0], [0, 9, 0x61], [0, 0], [0, 1, 0xFF, 1], [0xFF, 0xFF, 0xFF]]
    for family in ColumnFamily.allCases where family != .meta {
      var batch = WriteBatch(try store.database(), .logged)
      for key in keys { Self.put(&batch, family, key) }
      try batch.commit()
      let report = try store.verify()
      #expect(report.findings.map(\.kind) == keys.map { _ in .strangeKey }, "\(family): \(report.findings)")
      for key in keys { batch.delete(family, key) }
      try batch.commit()
    }
    #expect(try store.verify().isSound)
    store.close()
  }

  @Test("of many findings the first are kept, and all are counted")
  func many() async throws {
    let journal = try TestJournal(store)
    let count = Store.keptFindings + 500
    _ = await journal.commit(
      together: (1...count).map { number in
        JournalEntry(writes: [
          .sent("ann", clientMessageID: "m\(number)", Sample.sent("gone", UInt64(number)))
        ])
      })
    journal.journal.shutdown()
    let report = try store.verify()
    #expect(report.findings.count == Store.keptFindings && report.findingCount == count)
    #expect(report.totalEntries == UInt64(count) + 1)
    store.close()
  }

  @Test("a damaged block of a table file is found, and the other kinds of data are looked at all the same")
  func damagedBlock() async throws {
    try await live("ann", "bob")
    try store.flush()
    let database = try store.database()
    let name = try #require(database.tables(of: .usage).first)
    let entries = try store.verify().entries
    store.close()
    let path = directory.path(name)
    var bytes = Files.read(path)
    bytes[4] ^= 0x55
    try Files.write(bytes, to: path)
    let report = try Store.verify(in: directory.path)
    #expect(report.findings.map(\.kind) == [.unreadable], "\(report.findings)")
    #expect(report.findings.first?.description.contains("usage cannot be read to its end") == true)
    #expect(report.entries[.messages] == entries[.messages])
  }

  @Test("what cannot be opened for reading is refused as a start would refuse it")
  func refused() throws {
    store.close()
    #expect(throws: StoreError.self) { try Store.verify(in: directory.path("missing")) }
    unlink(directory.path("CURRENT"))
    let error = #expect(throws: StoreError.self) { try Store.verify(in: directory.path) }
    #expect(error?.kind == .unusable)
  }
}

extension Database {
  /// The table files of one kind of data.
  func tables(of family: ColumnFamily) -> [String] {
    guard let files = rocksdb_livefiles(handle) else { return [] }
    defer { rocksdb_livefiles_destroy(files) }
    return (0..<rocksdb_livefiles_count(files)).compactMap { index in
      guard let owner = rocksdb_livefiles_column_family_name(files, index), String(cString: owner) == family.rawValue,
        let name = rocksdb_livefiles_name(files, index)
      else { return nil }
      return String(String(cString: name).drop { $0 == "/" })
    }
  }
}
