extension JSONReader {
  mutating func bool() throws(WireError) -> Bool {
    switch peek() {
    case UInt8(ascii: "t"): try literal("true")
    case UInt8(ascii: "f"):
      try literal("false")
      return false
    default: throw WireError(.wrongType(expected: "true or false"), at: offset)
    }
    return true
  }

  /// Steps over `text`, of which the first letter has been seen.
  mutating func literal(_ text: StaticString) throws(WireError) {
    let start = offset
    let word = take { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    guard slice(word).elementsEqual("\(text)".utf8) else { throw WireError(.syntax(expected: "\(text)"), at: start) }
  }

  /// A whole number, bare or in quotes; `convert` gives nil where the type cannot hold it.
  mutating func integer<T>(
    _ type: String, _ convert: ((isNegative: Bool, magnitude: UInt64)) -> T?
  ) throws(WireError) -> T {
    let start = offset
    let isQuoted = peek() == UInt8(ascii: "\"")
    guard let parsed = isQuoted ? JSONNumber(try string().utf8) : JSONNumber(slice(takeNumber())) else {
      throw WireError(.wrongType(expected: type), at: start)
    }
    guard let value = parsed.integer().flatMap(convert) else { throw WireError(.outOfRange(type: type), at: start) }
    return value
  }

  /// Steps over a number of a field this code does not know.
  mutating func skipNumber() throws(WireError) {
    let start = offset
    if JSONNumber(slice(takeNumber())) == nil { throw WireError(.syntax(expected: "a value"), at: start) }
  }

  /// Steps over all that can be part of a number.
  private mutating func takeNumber() -> Range<Int> {
    take { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): true
      case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): true
      default: false
      }
    }
  }

  // MARK: Strings

  mutating func string() throws(WireError) -> String {
    let start = offset
    guard take("\"") else { throw WireError(.wrongType(expected: "a string"), at: start) }
    let plain = takePlain()
    if take("\"") { return try validated(slice(plain), at: start) }

    var text = [UInt8](slice(plain))
    while !take("\"") {
      guard take("\\") else { throw syntax("a closing quote, and no control character before it,") }
      try appendEscape(to: &text)
      text.append(contentsOf: slice(takePlain()))
    }
    return try validated(text, at: start)
  }

  /// Steps over characters that stand for themselves.
  private mutating func takePlain() -> Range<Int> {
    take { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
  }

  private func validated(_ utf8: some Collection<UInt8>, at start: Int) throws(WireError) -> String {
    guard let string = String(validating: utf8, as: UTF8.self) else { throw WireError(.invalidUTF8, at: start) }
    return string
  }

  private mutating func appendEscape(to text: inout [UInt8]) throws(WireError) {
    let start = offset
    switch next() {
    case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
    case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
    case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try escapedScalar())).utf8)
    default: throw WireError(.badEscape, at: start)
    }
  }

  /// What follows `\u`: four hexadecimal digits, and for a character beyond U+FFFF `\u` and four more (RFC 8259 §7).
  private mutating func escapedScalar() throws(WireError) -> Unicode.Scalar {
    let start = offset
    let first = try hexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard (0xD800...0xDBFF).contains(first), take("\\"), take("u") else { throw WireError(.badEscape, at: start) }
    let second = try hexDigits()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw WireError(.badEscape, at: start) }
    return scalar
  }

  private mutating func hexDigits() throws(WireError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      let start = offset
      guard let byte = next(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw WireError(.badEscape, at: start)
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
