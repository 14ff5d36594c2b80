package import NIOCore

/// JSON written straight into a buffer, with no `String` of what is bytes already.
package enum JSONBytes {
  /// UTF-8 as the inside of a JSON string. What needs no escape is copied in runs (RFC 8259 §7).
  package static func appendEscaped(_ utf8: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
    buffer.reserveCapacity(minimumWritableBytes: utf8.count)
    var runStart = 0
    for index in utf8.indices {
      let byte = utf8[index]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      buffer.writeBytes(UnsafeRawBufferPointer(rebasing: utf8[runStart..<index]))
      appendEscape(byte, to: &buffer)
      runStart = index + 1
    }
    buffer.writeBytes(UnsafeRawBufferPointer(rebasing: utf8[runStart...]))
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

  /// A string in quotes.
  package static func append(_ text: String, to buffer: inout ByteBuffer) {
    var text = text
    buffer.writeStaticString("\"")
    text.withUTF8 { appendEscaped(UnsafeRawBufferPointer($0), to: &buffer) }
    buffer.writeStaticString("\"")
  }

  /// A string in quotes, or null.
  package static func append(_ text: String?, to buffer: inout ByteBuffer) {
    if let text { append(text, to: &buffer) } else { buffer.writeStaticString("null") }
  }
}
