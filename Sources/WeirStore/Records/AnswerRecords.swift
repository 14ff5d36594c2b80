// Parts of answers, and answers kept for equal calls, after schemas/weir/store/v1/records.proto.

internal import NIOCore
internal import WeirCore
import WeirWire

extension PlacedMark: StoredRecord {
  static let name = "part of an answer"

  init() { self.init(offset: 0, mark: PartMark(kind: .text)) }

  mutating func take(_ value: RecordReader.Value, field: UInt64) {
    switch (field, value) {
    case (1, .number(let number)): offset = number
    case (2, .number(let number)): mark.kind = PartKind(rawValue: Int32(truncatingIfNeeded: number))
    case (3, .bytes(let bytes)): mark.toolCallID = bytes.text
    case (4, .bytes(let bytes)): mark.toolName = bytes.text
    case (5, .bytes(let bytes)): signature = bytes.text
    default: break
    }
  }

  func write(to writer: inout RecordWriter) {
    writer.number(1, offset)
    // As protobuf has it for enums: negative numbers with their sign in 64 bits.
    writer.number(2, UInt64(bitPattern: Int64(mark.kind.rawValue)))
    writer.text(3, mark.toolCallID)
    writer.text(4, mark.toolName)
    writer.text(5, signature)
  }
}

extension CachedAnswer: StoredRecord {
  static let name = "kept answer"

  init() { self.init(text: [], marks: [], reason: .unspecified, usage: nil, model: "", expiresAtMs: 0) }

  mutating func take(_ value: RecordReader.Value, field: UInt64) throws(StoreError) {
    switch (field, value) {
    case (1, .bytes(let bytes)): text = Array(bytes)
    case (2, .bytes(let bytes)): marks.append(try PlacedMark.decode(bytes))
    case (3, .number(let number)): reason = FinishReason(rawValue: Int32(truncatingIfNeeded: number))
    case (4, .bytes(let bytes)):
      do { usage = try Usage.decode(ByteBuffer(bytes: bytes)) } catch { throw StoreError.damagedRecord(Self.name) }
    case (5, .bytes(let bytes)): model = bytes.text
    case (6, .number(let number)): expiresAtMs = number
    default: break
    }
  }

  func write(to writer: inout RecordWriter) {
    writer.bytes(1, text)
    for mark in marks { writer.record(2, mark) }
    writer.number(3, UInt64(bitPattern: Int64(reason.rawValue)))
    if let usage { writer.message(4, usage) }
    writer.text(5, model)
    writer.number(6, expiresAtMs)
  }

  /// Whether it can be an answer: its text is UTF-8, and its parts begin in it, one after another, each at a character.
  var isSound: Bool {
    guard (try? UTF8Span(validating: text.span)) != nil else { return false }
    var previous: UInt64?
    for mark in marks {
      guard mark.offset <= UInt64(text.count), previous.map({ $0 < mark.offset }) ?? true else { return false }
      if mark.offset < UInt64(text.count), text[Int(mark.offset)] & 0xC0 == 0x80 { return false }
      previous = mark.offset
    }
    return true
  }
}
