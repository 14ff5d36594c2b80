import NIOCore

/// What a field can hold, in JSON.
protocol JSONValue: Sendable {
  func writeJSON(to out: inout JSONWriter)

  /// nil: the name of an enum value that this code does not know; the field is then left as it was.
  static func readJSON(from input: inout JSONReader) throws(WireError) -> Self?
}

/// A value that is left out when it has its default.
protocol JSONScalar: JSONValue {
  var isDefault: Bool { get }
}

extension String: JSONScalar {
  var isDefault: Bool { isEmpty }
  func writeJSON(to out: inout JSONWriter) { JSONText.appendQuoted(self, to: &out.buffer) }
  static func readJSON(from input: inout JSONReader) throws(WireError) -> String? { try input.string() }
}

extension Bool: JSONScalar {
  var isDefault: Bool { !self }
  func writeJSON(to out: inout JSONWriter) { out.buffer.writeStaticString(self ? "true" : "false") }
  static func readJSON(from input: inout JSONReader) throws(WireError) -> Bool? { try input.bool() }
}

extension UInt32: JSONScalar {
  var isDefault: Bool { self == 0 }
  func writeJSON(to out: inout JSONWriter) { JSONText.append(UInt64(self), to: &out.buffer) }
  static func readJSON(from input: inout JSONReader) throws(WireError) -> UInt32? {
    try input.integer("a 32-bit unsigned integer") { $0.isNegative ? nil : UInt32(exactly: $0.magnitude) }
  }
}

extension UInt64: JSONScalar {
  var isDefault: Bool { self == 0 }
  /// As a string: JavaScript's numbers are exact up to 2^53 only.
  func writeJSON(to out: inout JSONWriter) { JSONText.appendQuoted(self, to: &out.buffer) }
  static func readJSON(from input: inout JSONReader) throws(WireError) -> UInt64? {
    try input.integer("a 64-bit unsigned integer") { $0.isNegative ? nil : $0.magnitude }
  }
}

extension SchemaEnum {
  var isDefault: Bool { rawValue == 0 }

  func writeJSON(to out: inout JSONWriter) { JSONText.append(self, to: &out.buffer) }

  static func readJSON(from input: inout JSONReader) throws(WireError) -> Self? {
    if input.peek() == UInt8(ascii: "\"") {
      let name = try input.string()
      return names.firstIndex { $0.withUTF8Buffer { $0.elementsEqual(name.utf8) } }.map { Self(rawValue: Int32($0)) }
    }
    return try input.integer("an enum's name or a 32-bit integer") { number in
      let value = Int64(exactly: number.magnitude).map { number.isNegative ? -$0 : $0 }
      return value.flatMap { Int32(exactly: $0) }.map { Self(rawValue: $0) }
    }
  }
}

extension SchemaMessage {
  func writeJSON(to out: inout JSONWriter) { out.message(self) }

  static func readJSON(from input: inout JSONReader) throws(WireError) -> Self? {
    var message = blank
    try input.message(into: &message)
    return message
  }
}
