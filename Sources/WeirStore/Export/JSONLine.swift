internal import NIOCore
import WeirWire

/// A JSON object on a line of its own.
enum JSONLine {
  enum Value {
    case text(String)
    case number(UInt64)
    /// Writes JSON itself.
    case message((inout ByteBuffer) -> Void)
  }

  static func append(_ fields: [(String, Value)], to buffer: inout ByteBuffer) {
    for (index, (name, value)) in fields.enumerated() {
      buffer.writeStaticString(index == 0 ? "{" : ",")
      JSONText.appendQuoted(name, to: &buffer)
      buffer.writeStaticString(":")
      switch value {
      case .text(let text): JSONText.appendQuoted(text, to: &buffer)
      case .number(let number): buffer.writeString(String(number))
      case .message(let write): write(&buffer)
      }
    }
    buffer.writeStaticString("}\n")
  }
}
