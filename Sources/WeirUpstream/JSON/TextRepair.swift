/// Makes valid UTF-8 of a text that comes in pieces, as JSON strings or as bytes: joins surrogate pairs and characters
/// that were split between pieces, and puts U+FFFD for what is no character (Unicode 3.9, one for each maximal
/// subpart). What it appends is whole characters at any time.
struct TextRepair: Sendable {
  /// A high surrogate whose low one has not come; 0: none.
  private var highSurrogate: UInt16 = 0
  /// The bytes so far of a character whose rest has not come, the last in the lowest byte.
  private var heldBytes: UInt32 = 0
  private var heldCount = 0
  /// How many bytes of that character are still to come, and what the next may be.
  private var needed = 0
  private var allowed: ClosedRange<UInt8> = 0x80...0xBF

  init() {}

  /// Adds a JSON string that a `JSONCursor` has checked.
  mutating func append(_ string: JSONString, in bytes: Span<UInt8>, to text: inout [UInt8]) {
    guard string.hasEscapes else { return append(bytes, string.range, to: &text) }
    var index = string.range.lowerBound
    let end = string.range.upperBound
    while index < end {
      var run = index
      while run < end, bytes[run] != UInt8(ascii: "\\") { run += 1 }
      append(bytes, index..<run, to: &text)
      if run + 1 >= end { return }
      index = run + 2
      if bytes[run + 1] == UInt8(ascii: "u") {
        append(codeUnit: Self.codeUnit(bytes, at: index), to: &text)
        index += 4
      } else {
        append(codeUnit: Self.escaped(bytes[run + 1]), to: &text)
      }
    }
  }

  /// Adds bytes that should be UTF-8.
  mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>, to text: inout [UInt8]) {
    if range.isEmpty { return }
    dropSurrogate(to: &text)
    var index = range.lowerBound
    while needed > 0, index < range.upperBound, takeContinuation(bytes[index], to: &text) { index += 1 }
    var clean = index
    while index < range.upperBound {
      let byte = bytes[index]
      if byte < 0x80 {
        index += 1
        continue
      }
      let length = Self.validLength(bytes, index..<range.upperBound)
      if length > 0 {
        index += length
        continue
      }
      bytes.extracting(clean..<index).withUnsafeBufferPointer { text.append(contentsOf: $0) }
      begin(byte, to: &text)
      index += 1
      while needed > 0, index < range.upperBound, takeContinuation(bytes[index], to: &text) { index += 1 }
      clean = index
    }
    bytes.extracting(clean..<index).withUnsafeBufferPointer { text.append(contentsOf: $0) }
  }

  /// The text has ended: what was still held is no character.
  mutating func finish(to text: inout [UInt8]) {
    dropSurrogate(to: &text)
    dropBytes(to: &text)
  }

  /// The length of the whole, valid character of several bytes that begins there; 0: there is none.
  private static func validLength(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
    guard let (more, second) = shape(of: bytes[range.lowerBound]), more < range.count,
      second.contains(bytes[range.lowerBound + 1])
    else { return 0 }
    for offset in 1...more where bytes[range.lowerBound + offset] & 0xC0 != 0x80 { return 0 }
    return more + 1
  }

  /// How many bytes follow a lead byte, and what the first of them may be (RFC 3629 §4); nil: it is no lead byte.
  private static func shape(of lead: UInt8) -> (more: Int, second: ClosedRange<UInt8>)? {
    switch lead {
    case 0xC2...0xDF: (1, 0x80...0xBF)
    case 0xE0: (2, 0xA0...0xBF)
    case 0xED: (2, 0x80...0x9F)
    case 0xE1...0xEF: (2, 0x80...0xBF)
    case 0xF0: (3, 0x90...0xBF)
    case 0xF1...0xF3: (3, 0x80...0xBF)
    case 0xF4: (3, 0x80...0x8F)
    default: nil
    }
  }

  private mutating func begin(_ lead: UInt8, to text: inout [UInt8]) {
    guard let (more, second) = Self.shape(of: lead) else { return Self.replace(to: &text) }
    heldBytes = UInt32(lead)
    heldCount = 1
    needed = more
    allowed = second
  }

  /// Takes the next byte of the held character; false: it is none of it, and the held bytes were replaced.
  private mutating func takeContinuation(_ byte: UInt8, to text: inout [UInt8]) -> Bool {
    guard allowed.contains(byte) else {
      dropBytes(to: &text)
      return false
    }
    heldBytes = heldBytes << 8 | UInt32(byte)
    heldCount += 1
    needed -= 1
    allowed = 0x80...0xBF
    if needed == 0 {
      for place in (0..<heldCount).reversed() { text.append(UInt8(truncatingIfNeeded: heldBytes >> (8 * place))) }
      heldCount = 0
    }
    return true
  }

  private mutating func append(codeUnit unit: UInt16, to text: inout [UInt8]) {
    dropBytes(to: &text)
    if UTF16.isTrailSurrogate(unit), highSurrogate != 0 {
      let value = 0x10000 + (UInt32(highSurrogate & 0x3FF) << 10 | UInt32(unit & 0x3FF))
      highSurrogate = 0
      Self.append(scalar: value, to: &text)
      return
    }
    dropSurrogate(to: &text)
    if UTF16.isLeadSurrogate(unit) { highSurrogate = unit } else { Self.append(scalar: UInt32(unit), to: &text) }
  }

  private static func append(scalar value: UInt32, to text: inout [UInt8]) {
    guard let scalar = Unicode.Scalar(value) else { return replace(to: &text) }
    text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }

  private static func replace(to text: inout [UInt8]) { text.append(contentsOf: UTF8.encodedReplacementCharacter) }

  private mutating func dropSurrogate(to text: inout [UInt8]) {
    if highSurrogate == 0 { return }
    highSurrogate = 0
    Self.replace(to: &text)
  }

  private mutating func dropBytes(to text: inout [UInt8]) {
    if heldCount == 0 { return }
    heldCount = 0
    needed = 0
    Self.replace(to: &text)
  }

  private static func codeUnit(_ bytes: Span<UInt8>, at index: Int) -> UInt16 {
    var unit: UInt16 = 0
    for offset in 0..<4 { unit = unit << 4 | (hexDigit(bytes[index + offset]) ?? 0) }
    return unit
  }

  private static func escaped(_ byte: UInt8) -> UInt16 {
    switch byte {
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    default: UInt16(byte)
    }
  }
}
