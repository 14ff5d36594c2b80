internal import WeirCore

extension JSONString {
  /// The string as text.
  func text(in bytes: Span<UInt8>) -> String {
    var text: [UInt8] = []
    var repair = TextRepair()
    repair.append(self, in: bytes, to: &text)
    repair.finish(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The string as a name or an id: no more than so many bytes of it, since it is kept beside the answer.
  func name(in bytes: Span<UInt8>) -> String {
    let limit = AnswerParts.maximumNameBytes
    // An escape is at most six bytes long and says at least one.
    let text = JSONString(range: range.prefix(limit * 6), hasEscapes: hasEscapes).text(in: bytes)
    if text.utf8.count <= limit { return text }
    let utf8 = Array(text.utf8)
    return String(decoding: utf8[..<UTF8Cut.end(in: utf8, from: 0, limit: limit)], as: UTF8.self)
  }
}

// Values whose kind is the sender's affair: what is not of the kind that is asked for is checked and passed over.
extension JSONCursor {
  /// Takes a value: its string if it is one.
  mutating func stringOrSkip(in bytes: Span<UInt8>) throws(MalformedJSON) -> JSONString? {
    if peek(in: bytes) == UInt8(ascii: "\"") { return try string(in: bytes) }
    try skipValue(in: bytes)
    return nil
  }

  /// Takes the opening brace, or else a whole value; whether it was the brace.
  mutating func beginObjectOrSkip(in bytes: Span<UInt8>) throws(MalformedJSON) -> Bool {
    if peek(in: bytes) == UInt8(ascii: "{") {
      try beginObject(in: bytes)
      return true
    }
    try skipValue(in: bytes)
    return false
  }

  /// Takes the opening bracket, or else a whole value; whether it was the bracket.
  mutating func beginArrayOrSkip(in bytes: Span<UInt8>) throws(MalformedJSON) -> Bool {
    if peek(in: bytes) == UInt8(ascii: "[") {
      try beginArray(in: bytes)
      return true
    }
    try skipValue(in: bytes)
    return false
  }

  /// Takes a value of any kind, and tells where it stands.
  mutating func place(in bytes: Span<UInt8>) throws(MalformedJSON) -> Range<Int> {
    _ = peek(in: bytes)
    let start = position
    try skipValue(in: bytes)
    return start..<position
  }

  /// Takes a value: a string or a number as text, else "".
  mutating func scalarText(in bytes: Span<UInt8>) throws(MalformedJSON) -> String {
    switch peek(in: bytes) {
    case UInt8(ascii: "\""): return try string(in: bytes).text(in: bytes)
    case .some(let byte) where Self.beginsNumber(byte): return try numberText(in: bytes)
    default:
      try skipValue(in: bytes)
      return ""
    }
  }

  private static func beginsNumber(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }

  private mutating func numberText(in bytes: Span<UInt8>) throws(MalformedJSON) -> String {
    let range = try number(in: bytes)
    return bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }

  /// Takes a value: a count if it is a number, else nil. JSON lets a whole number be written as 12.0 or 1.2e1.
  mutating func countOrSkip(in bytes: Span<UInt8>) throws(MalformedJSON) -> UInt64? {
    guard let byte = peek(in: bytes), Self.beginsNumber(byte) else {
      try skipValue(in: bytes)
      return nil
    }
    let text = try numberText(in: bytes)
    if let whole = UInt64(text) { return min(whole, Self.largestCount) }
    guard let value = Double(text), value > 0 else { return 0 }
    return value < Double(Self.largestCount) ? UInt64(value) : Self.largestCount
  }

  /// Takes a value: a count if it is a number, else 0.
  mutating func count(in bytes: Span<UInt8>) throws(MalformedJSON) -> UInt64 {
    try countOrSkip(in: bytes) ?? 0
  }

  /// Takes a value: if it is an object with a number under `name`, that number as a count.
  mutating func member(_ name: StaticString, in bytes: Span<UInt8>) throws(MalformedJSON) -> UInt64? {
    guard try beginObjectOrSkip(in: bytes) else { return nil }
    var found: UInt64?
    var isFirst = true
    while let key = try nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals(name, in: bytes) { found = try countOrSkip(in: bytes) } else { try skipValue(in: bytes) }
    }
    return found
  }

  /// 2^53: larger numbers are not exact in JSON, and no answer has so many tokens.
  private static var largestCount: UInt64 { 1 << 53 }
}
