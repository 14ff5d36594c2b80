// The records that only the store has, after schemas/weir/store/v1/records.proto.

import NIOCore
internal import WeirCore

/// A record of the store's own.
protocol StoredRecord {
  /// What it is called in an error.
  static var name: String { get }
  init()
  mutating func take(_ value: RecordReader.Value, field: UInt64)
  func write(to writer: inout RecordWriter)
}

extension StoredRecord {
  /// Reads a record; fields it does not know are left alone.
  static func decode(_ bytes: UnsafeRawBufferPointer) throws(StoreError) -> Self {
    var reader = RecordReader(bytes)
    var record = Self()
    while let (field, value) = reader.next() { record.take(value, field: field) }
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

/// What is known of a user.
struct UserRecord: StoredRecord, Equatable {
  static let name = "user"
  var lastTurnID: TurnID = 0

  mutating func take(_ value: RecordReader.Value, field: UInt64) {
    if case (1, .number(let number)) = (field, value) { lastTurnID = number }
  }

  func write(to writer: inout RecordWriter) { writer.number(1, lastTurnID) }
}

/// Where the answer of a turn is.
struct AnswerRecord: StoredRecord, Equatable {
  static let name = "answer"
  var conversationID: ConversationID = ""
  var sequence: UInt64 = 0

  mutating func take(_ value: RecordReader.Value, field: UInt64) {
    switch (field, value) {
    case (1, .text(let text)): conversationID = text
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
    case (1, .text(let text)): conversationID = text
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
    case (2, .text(let text)): conversationID = text
    case (3, .number(let number)): questionSequence = number
    case (4, .number(let number)): answerSequence = number
    case (5, .text(let text)): model = text
    case (6, .number(let number)): continuesTurnID = number
    case (7, .number(let number)): replacesTurnID = number
    case (8, .number(let number)): baseOffset = number
    case (9, .number(let number)): createdAtMs = number
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
  }
}
