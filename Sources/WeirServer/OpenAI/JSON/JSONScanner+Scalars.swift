extension JSONScanner {
  // MARK: Numbers

  /// Takes a number.
  mutating func number() throws(InvalidRequest) -> Double {
    try expect(.number)
    let start = position
    if current == UInt8(ascii: "-") { advance() }
    if current == UInt8(ascii: "0") { advance() } else { try digits() }
    if current == UInt8(ascii: ".") {
      advance()
      try digits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      advance()
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { advance() }
      try digits()
    }
    // JSON's numbers are Swift's; what is too large for a Double is infinite there.
    guard let value = Double(String(decoding: slice(start..<position), as: UTF8.self)), value.isFinite else {
      throw InvalidRequest("This number is too large.")
    }
    return value
  }

  private mutating func digits() throws(InvalidRequest) {
    if take(while: { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }).isEmpty { throw fault("a digit") }
  }

  /// Takes a number within `range`.
  mutating func number(in range: ClosedRange<Double>) throws(InvalidRequest) -> Double {
    let value = try number()
    guard range.contains(value) else {
      throw InvalidRequest(
        "This must be a number from \(Self.shown(range.lowerBound)) to \(Self.shown(range.upperBound)).")
    }
    return value
  }

  /// Takes a whole number within `range`; `12.0` is one.
  mutating func integer(in range: ClosedRange<Int>) throws(InvalidRequest) -> Int {
    let start = try start()
    let value = try number()
    // The text itself, for what a Double cannot tell apart from its neighbours.
    let exact = Int(String(decoding: slice(start..<position), as: UTF8.self)) ?? Int(exactly: value)
    guard let exact, range.contains(exact) else {
      throw InvalidRequest("This must be a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return exact
  }

  private static func shown(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\(value)"
  }

  // MARK: Strings

  /// Takes a string. Half of a surrogate pair, which some clients leave where they cut a text, becomes U+FFFD.
  mutating func string() throws(InvalidRequest) -> String {
    try expect(.string)
    advance()
    let plain = takePlain()
    if current == UInt8(ascii: "\"") {
      advance()
      return try validated(slice(plain))
    }
    var text = Array(slice(plain))
    while current != UInt8(ascii: "\"") {
      guard current == UInt8(ascii: "\\") else {
        throw fault("a closing quote, and no control character before it,")
      }
      advance()
      try escape(to: &text)
      text.append(contentsOf: slice(takePlain()))
    }
    advance()
    return try validated(text[...])
  }

  /// Steps over characters that stand for themselves.
  private mutating func takePlain() -> Range<Int> {
    take { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
  }

  private func validated(_ utf8: ArraySlice<UInt8>) throws(InvalidRequest) -> String {
    guard let string = String(validating: utf8, as: UTF8.self) else {
      throw InvalidRequest(body: "The text that ends at byte \(position) is not valid UTF-8; send it as UTF-8.")
    }
    return string
  }

  private mutating func escape(to text: inout [UInt8]) throws(InvalidRequest) {
    guard let byte = current else { throw fault("an escape") }
    advance()
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): try text.append(contentsOf: String(Character(escapedScalar())).utf8)
    default: throw fault("an escape")
    }
  }

  /// What follows `\u`: four hexadecimal digits, and for a character beyond U+FFFF `\u` and four more (RFC 8259 §7).
  private mutating func escapedScalar() throws(InvalidRequest) -> Unicode.Scalar {
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let behind = position
    if UTF16.isLeadSurrogate(first), current == UInt8(ascii: "\\") {
      advance()
      if current == UInt8(ascii: "u") {
        advance()
        let second = try codeUnit()
        if UTF16.isTrailSurrogate(second) {
          let value = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
          return Unicode.Scalar(value) ?? "\u{FFFD}"
        }
      }
      // The escape behind half a pair is a character of its own.
      position(behind)
    }
    return "\u{FFFD}"
  }

  private mutating func codeUnit() throws(InvalidRequest) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw fault("a hexadecimal digit")
      }
      unit = unit << 4 | UInt16(digit)
      advance()
    }
    return unit
  }

  private mutating func position(_ earlier: Int) { advance(by: earlier - position) }
}
