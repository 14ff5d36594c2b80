// The few lines of protobuf that the store's own records need: varints, bytes, and what is made of bytes.

internal import NIOCore
import WeirWire

/// Writes the fields of a record. Numbers that are 0 and texts that are empty are left out, as proto3 has it.
struct RecordWriter {
  var buffer: ByteBuffer

  mutating func number(_ field: UInt8, _ value: UInt64) {
    if value == 0 { return }
    varint(UInt64(field) << 3)
    varint(value)
  }

  mutating func flag(_ field: UInt8, _ value: Bool) { number(field, value ? 1 : 0) }

  mutating func text(_ field: UInt8, _ value: String) {
    if value.isEmpty { return }
    head(field, count: value.utf8.count)
    buffer.writeString(value)
  }

  mutating func bytes(_ field: UInt8, _ value: [UInt8]) {
    if value.isEmpty { return }
    head(field, count: value.count)
    buffer.writeBytes(value)
  }

  /// A message in the message; written also if it is empty, since it says by itself that it is there.
  mutating func record(_ field: UInt8, _ value: some StoredRecord) {
    var inner = ByteBuffer()
    value.encode(into: &inner)
    head(field, count: inner.readableBytes)
    buffer.writeBuffer(&inner)
  }

  mutating func message(_ field: UInt8, _ value: some WireMessage) {
    head(field, count: value.encodedSize)
    value.encode(into: &buffer)
  }

  private mutating func head(_ field: UInt8, count: Int) {
    varint(UInt64(field) << 3 | 2)
    varint(UInt64(count))
  }

  private mutating func varint(_ value: UInt64) {
    var left = value
    while left >= 0x80 {
      buffer.writeInteger(UInt8(truncatingIfNeeded: left) | 0x80)
      left >>= 7
    }
    buffer.writeInteger(UInt8(left))
  }
}

/// Reads the fields of a record. Whatever is cut short, too long, or of an unknown kind makes `isDamaged` true; fields of
/// unknown number are the reader's to ignore.
struct RecordReader {
  enum Value {
    case number(UInt64)
    /// A text, or a message in the message: where it lies, for as long as the record is being read.
    case bytes(UnsafeRawBufferPointer)
  }

  private let bytes: UnsafeRawBufferPointer
  private var place = 0
  private(set) var isDamaged = false

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The next field; nil at the end, and after damage.
  mutating func next() -> (field: UInt64, value: Value)? {
    guard place < bytes.count, let tag = varint() else { return nil }
    switch tag & 7 {
    case 0:
      guard let value = varint() else { return nil }
      return (tag >> 3, .number(value))
    case 2:
      guard let count = varint() else { return nil }
      guard count <= UInt64(bytes.count - place) else { return damaged() }
      defer { place += Int(count) }
      return (tag >> 3, .bytes(UnsafeRawBufferPointer(rebasing: bytes[place..<(place + Int(count))])))
    default:
      return damaged()
    }
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard place < bytes.count else { return damaged() }
      let byte = bytes[place]
      place += 1
      if shift == 63, byte > 1 { return damaged() }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return damaged()
  }

  private mutating func damaged<T>() -> T? {
    isDamaged = true
    place = bytes.count
    return nil
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes as text.
  var text: String { String(decoding: self, as: UTF8.self) }
}
