package import NIOCore

/// Strings and integers as JSON text, straight into a buffer.
package enum JSONText {
  /// A string in quotes.
  package static func appendQuoted(_ string: String, to buffer: inout ByteBuffer) {
    let done: Void? = string.utf8.withContiguousStorageIfAvailable {
      appendQuoted(UnsafeRawBufferPointer($0), to: &buffer)
    }
    // Only strings that are bridged from elsewhere are not contiguous.
    if done == nil { Array(string.utf8).withUnsafeBytes { appendQuoted($0, to: &buffer) } }
  }

  /// UTF-8 in quotes. What needs no escape is copied in runs (RFC 8259 §7).
  static func appendQuoted(_ utf8: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
    buffer.reserveCapacity(minimumWritableBytes: utf8.count + 2)
    buffer.writeStaticString("\"")
    var runStart = 0
    for (index, byte) in utf8.enumerated() where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    {
      buffer.writeBytes(UnsafeRawBufferPointer(rebasing: utf8[runStart..<index]))
      appendEscape(byte, to: &buffer)
      runStart = index + 1
    }
    buffer.writeBytes(UnsafeRawBufferPointer(rebasing: utf8[runStart...]))
    buffer.writeStaticString("\"")
  }

  private static func appendEscape(_ byte: UInt8, to buffer: inout ByteBuffer) {
    switch byte {
    case UInt8(ascii: "\""): buffer.writeStaticString("\\\"")
    case UInt8(ascii: "\\"): buffer.writeStaticString("\\\\")
    case UInt8(ascii: "\n"): buffer.writeStaticString("\\n")
    case UInt8(ascii: "\r"): buffer.writeStaticString("\\r")
    case UInt8(ascii: "\t"): buffer.writeStaticString("\\t")
    default:
      buffer.writeStaticString(byte < 0x10 ? "\\u000" : "\\u001")
      let digit = byte & 0xF
      buffer.writeInteger(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }

  /// A number in quotes: how 64-bit integers are written.
  static func appendQuoted(_ number: UInt64, to buffer: inout ByteBuffer) {
    buffer.writeStaticString("\"")
    append(number, to: &buffer)
    buffer.writeStaticString("\"")
  }

  /// An enum's value: its name, or the number of one that has none here.
  static func append(_ value: some SchemaEnum, to buffer: inout ByteBuffer) {
    guard let name = value.name else {
      buffer.writeString(String(value.rawValue))
      return
    }
    buffer.writeStaticString("\"")
    buffer.writeStaticString(name)
    buffer.writeStaticString("\"")
  }

  static func append(_ number: UInt64, to buffer: inout ByteBuffer) {
    withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in  // 2^64 - 1 has 20 digits.
      var rest = number
      var start = digits.count
      repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      } while rest > 0
      buffer.writeBytes(UnsafeRawBufferPointer(rebasing: digits[start...]))
    }
  }
}
