// The lines of an export.

internal import NIOCore
internal import WeirCore
import WeirWire

/// Walks over a user's keys in one view, and writes a line for each record.
struct UserExport: ~Copyable {
  /// Lines are handed over when so many bytes have gathered.
  private static let pieceBytes = 64 << 10

  private let view: ReadView
  private let database: Database
  private let user: UserID
  private let keys: UserKeys
  private let body: (ByteBuffer) throws -> Void
  private var bytes = ByteBuffer()
  /// Why `body` ended the export.
  private var refusal: (any Error)?
  private var (conversations, messages, turns, usageRows) = (0, 0, 0, 0)

  static func run(_ user: UserID, _ database: Database, _ body: (ByteBuffer) throws -> Void) throws {
    // The walk ends before this function does, so the closure does not outlive its caller's.
    try withoutActuallyEscaping(body) { body in
      var export = UserExport(user, keys: try UserKeys(user), database, body)
      do throws(StoreError) {
        try export.writeAll()
      } catch {
        throw export.refusal ?? error
      }
      if let refusal = export.refusal { throw refusal }
    }
  }

  private init(_ user: UserID, keys: UserKeys, _ database: Database, _ body: @escaping (ByteBuffer) throws -> Void) {
    self.user = user
    self.keys = keys
    self.database = database
    self.body = body
    view = ReadView(database)
  }

  private mutating func writeAll() throws(StoreError) {
    try writeUser()
    try forEach(.conversations, KeyRange(prefix: keys.prefix)) { (export, _, value) throws(StoreError) in
      try export.write(conversation: try StoredValue.conversation(value))
    }
    try writeTurns()
    try forEach(.usage, KeyRange(prefix: keys.prefix)) { (export, key, value) throws(StoreError) in
      guard let (_, row) = KeyLayout.usage(of: key) else { throw StoreError.damagedRecord("usage key") }
      export.write(row, try UsageFigures.decode(value))
    }
    let counts: [(String, JSONLine.Value)] = [
      ("conversations", .number(UInt64(conversations))), ("messages", .number(UInt64(messages))),
      ("turns", .number(UInt64(turns))), ("usageRows", .number(UInt64(usageRows))),
    ]
    write("end", counts)
    handOver()
  }

  private mutating func forEach(
    _ family: ColumnFamily, _ range: KeyRange,
    _ line: (inout UserExport, UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(StoreError) -> Void
  ) throws(StoreError) {
    guard database.has(family) else { return }
    var iterator = RangeIterator(database, family, range, snapshot: view.snapshot, isScan: true)
    iterator.seekToFirst()
    while iterator.isValid, refusal == nil {
      try iterator.entry { (key, value) throws(StoreError) in try line(&self, key, value) }
      iterator.next()
    }
    try iterator.check()
  }

  private mutating func writeUser() throws(StoreError) {
    var fields: [(String, JSONLine.Value)] = [("user", .text(user))]
    if let state = try view.get(.users, keys.user, { (value) throws(StoreError) in try UserState.decode(value) }) {
      fields += [
        ("plan", .text(state.plan)), ("lastTurnId", .number(state.lastTurnID)),
        ("day", .text(UTCDate.text(day: state.day))), ("dayTokens", .number(state.dayTokens)),
        ("monthTokens", .number(state.monthTokens)), ("turnsWholeAtMs", .number(state.turnsWholeAtMs)),
      ]
    }
    write("user", fields)
  }

  private mutating func write(conversation: Conversation) throws(StoreError) {
    conversations += 1
    write("conversation", [("conversation", .message { WireJSON.encode(conversation, into: &$0) })])
    try forEach(.messages, try keys.messages(conversation.id).range()) { (export, _, value) throws(StoreError) in
      let message = try StoredValue.message(value)
      export.messages += 1
      export.write(
        "message",
        [("conversationId", .text(conversation.id)), ("message", .message { WireJSON.encode(message, into: &$0) })])
    }
  }

  private mutating func writeTurns() throws(StoreError) {
    try forEach(.turns, KeyRange(prefix: keys.prefix)) { (export, _, value) throws(StoreError) in
      let record = try TurnRecord.decode(value)
      var answer = CheckpointedAnswer(base: record.baseOffset, limit: StoreOptions().maximumCutTextBytes)
      try export.view.range(.turnText, export.keys.turnText(record.turnID)) { (iterator) throws(StoreError) in
        try iterator.forEach { (key, value) throws(StoreError) in
          guard let place = KeyLayout.checkpoint(of: key) else { throw StoreError.damagedRecord("checkpoint") }
          if !place.isMark { answer.add(textAt: place.offset, value) }
        }
      }
      export.turns += 1
      export.write(
        "turn",
        [
          ("turnId", .number(record.turnID)), ("conversationId", .text(record.conversationID)),
          ("model", .text(record.model)), ("createdAtMs", .number(record.createdAtMs)),
          ("textFrom", .number(record.baseOffset)), ("text", .text(String(decoding: answer.whole.text, as: UTF8.self))),
        ])
    }
  }

  private mutating func write(_ row: UsageKey, _ figures: UsageFigures) {
    usageRows += 1
    write(
      "usage",
      [
        ("day", .text(UTCDate.text(day: row.day))), ("model", .text(row.model)),
        ("promptVersion", .text(row.promptVersion)), ("turns", .number(figures.turns)),
        ("failures", .number(figures.failures)), ("cacheHits", .number(figures.cacheHits)),
        ("inputTokens", .number(figures.inputTokens)), ("cachedInputTokens", .number(figures.cachedInputTokens)),
        ("outputTokens", .number(figures.outputTokens)), ("cost", .text(MoneyText.decimal(figures.cost))),
        ("saved", .text(MoneyText.decimal(figures.saved))),
      ])
  }

  // MARK: Lines

  private mutating func write(_ record: String, _ fields: [(String, JSONLine.Value)]) {
    JSONLine.append([("record", .text(record))] + fields, to: &bytes)
    if bytes.readableBytes >= Self.pieceBytes { handOver() }
  }

  private mutating func handOver() {
    if refusal != nil || bytes.readableBytes == 0 { return }
    do { try body(bytes) } catch { refusal = error }
    // The receiver may still hold the old one.
    bytes = ByteBuffer()
  }
}
