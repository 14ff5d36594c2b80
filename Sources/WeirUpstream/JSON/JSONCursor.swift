import Glibc

/// The bytes are not JSON (RFC 8259), or nested deeper than is taken.
struct MalformedJSON: Error, Equatable {
  /// Where it shows.
  let offset: Int
}

/// The inside of a JSON string: the bytes between its quotes, escapes as they stand.
struct JSONString: Sendable, Equatable {
  let range: Range<Int>
  let hasEscapes: Bool

  /// Whether it says `name`, which is ASCII without quotes and backslashes.
  @inline(__always)
  func equals(_ name: StaticString, in bytes: Span<UInt8>) -> Bool {
    // A chunk's keys are compared with ten names each: nearly all differ in length, which takes no call to see.
    if hasEscapes { return saysUnescaped(name, in: bytes) }
    return range.count == name.utf8CodeUnitCount && hasBytes(of: name, in: bytes)
  }

  private func hasBytes(of name: StaticString, in bytes: Span<UInt8>) -> Bool {
    bytes.extracting(range).withUnsafeBytes { said in
      guard let start = said.baseAddress else { return true }
      // Both have this many bytes: the lengths were compared before.
      return memcmp(start, name.utf8Start, said.count) == 0
    }
  }

  private func saysUnescaped(_ name: StaticString, in bytes: Span<UInt8>) -> Bool {
    var text: [UInt8] = []
    var repair = TextRepair()
    repair.append(self, in: bytes, to: &text)
    return name.withUTF8Buffer { text.elementsEqual($0) }
  }
}

/// Walks over one JSON text in place, value by value, and checks it on the way. It holds a position only; the bytes are
/// handed to each call. Control characters inside strings are let through: some servers do not escape them.
struct JSONCursor {
  private static let maximumDepth = 64

  private(set) var position: Int
  private var depth = 0

  /// A cursor at the beginning of a value.
  init(at position: Int = 0) {
    self.position = position
  }

  /// The next byte that is not white space, not taken; nil at the end.
  @inline(__always)
  mutating func peek(in bytes: Span<UInt8>) -> UInt8? {
    // Providers write no white space between values: the byte at hand is nearly always the one.
    if position < bytes.count, bytes[position] > 0x20 { return bytes[position] }
    return peekBehindSpace(in: bytes)
  }

  private mutating func peekBehindSpace(in bytes: Span<UInt8>) -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      case let byte: return byte
      }
    }
    return nil
  }

  /// Nothing but white space may be left.
  mutating func expectEnd(in bytes: Span<UInt8>) throws(MalformedJSON) {
    if peek(in: bytes) != nil { throw MalformedJSON(offset: position) }
  }

  @inline(__always)
  private mutating func expect(_ byte: Unicode.Scalar, in bytes: Span<UInt8>) throws(MalformedJSON) {
    guard peek(in: bytes) == UInt8(ascii: byte) else { throw MalformedJSON(offset: position) }
    position += 1
  }

  /// Takes the opening brace.
  mutating func beginObject(in bytes: Span<UInt8>) throws(MalformedJSON) { try begin("{", in: bytes) }

  /// Takes the opening bracket.
  mutating func beginArray(in bytes: Span<UInt8>) throws(MalformedJSON) { try begin("[", in: bytes) }

  private mutating func begin(_ opening: Unicode.Scalar, in bytes: Span<UInt8>) throws(MalformedJSON) {
    try expect(opening, in: bytes)
    depth += 1
    if depth > Self.maximumDepth { throw MalformedJSON(offset: position) }
  }

  /// The next member's key, with the cursor at its value; nil behind the closing brace. `isFirst` starts as true.
  mutating func nextMember(in bytes: Span<UInt8>, isFirst: inout Bool) throws(MalformedJSON) -> JSONString? {
    guard try next(in: bytes, closing: "}", isFirst: &isFirst) else { return nil }
    let key = try string(in: bytes)
    try expect(":", in: bytes)
    return key
  }

  /// Whether there is another element, with the cursor at it; else the closing bracket is taken. `isFirst` starts as true.
  mutating func nextElement(in bytes: Span<UInt8>, isFirst: inout Bool) throws(MalformedJSON) -> Bool {
    try next(in: bytes, closing: "]", isFirst: &isFirst)
  }

  private mutating func next(
    in bytes: Span<UInt8>, closing: Unicode.Scalar, isFirst: inout Bool
  ) throws(MalformedJSON) -> Bool {
    if peek(in: bytes) == UInt8(ascii: closing) {
      position += 1
      depth -= 1
      return false
    }
    if !isFirst { try expect(",", in: bytes) }
    isFirst = false
    return true
  }

  /// Takes a string.
  mutating func string(in bytes: Span<UInt8>) throws(MalformedJSON) -> JSONString {
    try expect("\"", in: bytes)
    let start = position
    var hasEscapes = false
    while true {
      position = ByteScan.first(of: UInt8(ascii: "\""), or: UInt8(ascii: "\\"), in: bytes, from: position)
      guard position < bytes.count else { throw MalformedJSON(offset: position) }
      position += 1
      if bytes[position - 1] == UInt8(ascii: "\"") {
        return JSONString(range: start..<position - 1, hasEscapes: hasEscapes)
      }
      hasEscapes = true
      try escape(in: bytes)
    }
  }

  private mutating func escape(in bytes: Span<UInt8>) throws(MalformedJSON) {
    guard position < bytes.count else { throw MalformedJSON(offset: position) }
    switch bytes[position] {
    case UInt8(ascii: "u"):
      guard bytes.count - position > 4 else { throw MalformedJSON(offset: position) }
      for offset in 1...4 where hexDigit(bytes[position + offset]) == nil {
        throw MalformedJSON(offset: position + offset)
      }
      position += 5
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
    default:
      throw MalformedJSON(offset: position)
    }
  }

  /// Takes a value of any kind; whether it says something, which null, "", [] and {} do not.
  @discardableResult
  mutating func skipValue(in bytes: Span<UInt8>) throws(MalformedJSON) -> Bool {
    var isFirst = true
    switch peek(in: bytes) {
    case UInt8(ascii: "\""):
      return try !string(in: bytes).range.isEmpty
    case UInt8(ascii: "{"):
      try beginObject(in: bytes)
      while try nextMember(in: bytes, isFirst: &isFirst) != nil { try skipValue(in: bytes) }
      return !isFirst
    case UInt8(ascii: "["):
      try beginArray(in: bytes)
      while try nextElement(in: bytes, isFirst: &isFirst) { try skipValue(in: bytes) }
      return !isFirst
    case UInt8(ascii: "n"):
      try literal("null", in: bytes)
      return false
    case UInt8(ascii: "t"):
      try literal("true", in: bytes)
      return true
    case UInt8(ascii: "f"):
      try literal("false", in: bytes)
      return true
    default:
      _ = try number(in: bytes)
      return true
    }
  }

  private mutating func literal(_ word: StaticString, in bytes: Span<UInt8>) throws(MalformedJSON) {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count, JSONString(range: position..<end, hasEscapes: false).equals(word, in: bytes) else {
      throw MalformedJSON(offset: position)
    }
    position = end
  }

  /// Takes a number, and tells where it stands.
  mutating func number(in bytes: Span<UInt8>) throws(MalformedJSON) -> Range<Int> {
    _ = peek(in: bytes)
    let start = position
    if at("-", in: bytes) { position += 1 }
    if at("0", in: bytes) { position += 1 } else { try digits(in: bytes) }
    if at(".", in: bytes) {
      position += 1
      try digits(in: bytes)
    }
    if at("e", in: bytes) || at("E", in: bytes) {
      position += 1
      if at("+", in: bytes) || at("-", in: bytes) { position += 1 }
      try digits(in: bytes)
    }
    return start..<position
  }

  private func at(_ character: Unicode.Scalar, in bytes: Span<UInt8>) -> Bool {
    position < bytes.count && bytes[position] == UInt8(ascii: character)
  }

  private mutating func digits(in bytes: Span<UInt8>) throws(MalformedJSON) {
    let start = position
    while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] { position += 1 }
    if position == start { throw MalformedJSON(offset: position) }
  }
}

/// The value of a hexadecimal digit in ASCII.
func hexDigit(_ byte: UInt8) -> UInt16? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
  default: nil
  }
}
