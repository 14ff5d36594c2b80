/// Bytes as pairs of hexadecimal digits.
package enum Hex {
  /// Lower-case digits, no separators.
  package static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var digits: [UInt8] = []
    digits.reserveCapacity(bytes.underestimatedCount * 2)
    for byte in bytes {
      digits.append(digit(byte >> 4, letters: UInt8(ascii: "a")))
      digits.append(digit(byte & 15, letters: UInt8(ascii: "a")))
    }
    return String(decoding: digits, as: UTF8.self)
  }

  /// The two upper-case digits of one byte.
  package static func uppercase(_ byte: UInt8) -> [UInt8] {
    [digit(byte >> 4, letters: UInt8(ascii: "A")), digit(byte & 15, letters: UInt8(ascii: "A"))]
  }

  /// Reads digits of either case; blanks, colons and an `0x` in front are allowed. nil: something else was there, or
  /// half a byte.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var rest = text[...]
    if rest.hasPrefix("0x") || rest.hasPrefix("0X") { rest = rest.dropFirst(2) }
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in rest.utf8 {
      if character == UInt8(ascii: " ") || character == UInt8(ascii: ":") || character == UInt8(ascii: "\t") {
        continue
      }
      guard let value = value(of: character) else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return high == nil ? bytes : nil
  }

  private static func digit(_ value: UInt8, letters: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : letters + (value - 10)
  }

  private static func value(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
