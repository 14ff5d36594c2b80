// The records that only the store has, after schemas/weir/store/v1/records.proto.

internal import NIOCore
internal import WeirCore

/// A record of the store's own.
protocol StoredRecord {
  /// What it is called in an error.
  static var name: String { get }
  init()
  mutating func take(_ value: RecordReader.Value, field: UInt64) throws(StoreError)
  func write(to writer: inout RecordWriter)
}

extension StoredRecord {
  /// Reads a record; fields it does not know are left alone.
  static func decode(_ bytes: UnsafeRawBufferPointer) throws(StoreError) -> Self {
    var reader = RecordReader(bytes)
    var record = Self()
    while let (field, value) = reader.next() { try record.take(value, field: field) }
    if reader.isDamaged { throw StoreError.damagedRecord(name) }
    return record
  }

  func encode(into buffer: inout ByteBuffer) {
    var writer = RecordWriter(buffer: buffer)
    // The writer must be the only owner of the bytes, or the first write would copy them.
    buffer = ByteBuffer()
    write(to: &writer)
    buffer = writer.buffer
  }
}

extension UserState: StoredRecord {
  static let name = "user"

  init() { self.init(lastTurnID: 0) }

  mutating func take(_ value: RecordReader.Value, field: UInt64) {
    switch (field, value) {
    case (1, .number(let number)): lastTurnID = number
    case (2, .number(let number)): day = UInt32(truncatingIfNeeded: number)
    case (3, .number(let number)): dayTokens = number
    case (4, .number(let number)): month = UInt32(truncatingIfNeeded: number)
    case (5, .number(let number)): monthTokens = number
    case (6, .number(let number)): turnsWholeAtMs = number
    case (7, .bytes(let bytes)): plan = bytes.text
    default: break
    }
  }

  func write(to writer: inout RecordWriter) {
    writer.number(1, lastTurnID)
    writer.number(2, UInt64(day))
    writer.number(3, dayTokens)
    writer.number(4, UInt64(month))
    writer.number(5, monthTokens)
    writer.number(6, turnsWholeAtMs)
    writer.text(7, plan)
  }
}

/// Where the answer of a turn is.
struct AnswerRecord: StoredRecord, Equatable {
  static let name = "answer"
  var conversationID: ConversationID = ""
  var sequence: UInt64 = 0

  mutating func take(_ value: RecordReader.Value, field: UInt64) {
    switch (field, value) {
    case (1, .bytes(let bytes)): conversationID = bytes.text
    case (2, .number(let number)): sequence = number
    default: break
    }
  }

  func write(to writer: inout RecordWriter) {
    writer.text(1, conversationID)
    writer.number(2, sequence)
  }
}

extension SentRecord: StoredRecord {
  static let name = "sent message"

  init() { self.init(conversationID: "", sequence: 0, turnID: 0, revision: 0) }

  mutating func take(_ value: RecordReader.Value, field: UInt64) {
    switch (field, value) {
    case (1, .bytes(let bytes)): conversationID = bytes.text
    case (2, .number(let number)): sequence = number
    case (3, .number(let number)): turnID = number
    case (4, .number(let number)): revision = number
    default: break
    }
  }

  func write(to writer: inout RecordWriter) {
    writer.text(1, conversationID)
    writer.number(2, sequence)
    writer.number(3, turnID)
    writer.number(4, revision)
  }
}

extension TurnRecord: StoredRecord {
  static let name = "turn"

  init() { self.init(turnID: 0, conversationID: "", questionSequence: 0, answerSequence: 0, model: "") }

  mutating func take(_ value: RecordReader.Value, field: UInt64) {
    switch (field, value) {
    case (1, .number(let number)): turnID = number
    case (2, .bytes(let bytes)): conversationID = bytes.text
    case (3, .number(let number)): questionSequence = number
    case (4, .number(let number)): answerSequence = number
    case (5, .bytes(let bytes)): model = bytes.text
    case (6, .number(let number)): continuesTurnID = number
    case (7, .number(let number)): replacesTurnID = number
    case (8, .number(let number)): baseOffset = number
    case (9, .number(let number)): createdAtMs = number
    case (10, .number(let number)): reservedTokens = number
    case (11, .number(let number)): promptTokens = number
    case (12, .bytes(let bytes)): lane = bytes.text
    case (13, .bytes(let bytes)): promptVersion = bytes.text
    case (14, .number(let number)): startByMs = number
    case (15, .number(let number)): isStarted = number != 0
    case (16, .number(let number)): skipsCache = number != 0
    case (17, .number(let number)): isDirect = number != 0
    default: break
    }
  }

  func write(to writer: inout RecordWriter) {
    writer.number(1, turnID)
    writer.text(2, conversationID)
    writer.number(3, questionSequence)
    writer.number(4, answerSequence)
    writer.text(5, model)
    writer.number(6, continuesTurnID)
    writer.number(7, replacesTurnID)
    writer.number(8, baseOffset)
    writer.number(9, createdAtMs)
    writer.number(10, reservedTokens)
    writer.number(11, promptTokens)
    writer.text(12, lane)
    writer.text(13, promptVersion)
    writer.number(14, startByMs)
    writer.flag(15, isStarted)
    writer.flag(16, skipsCache)
    writer.flag(17, isDirect)
  }
}
