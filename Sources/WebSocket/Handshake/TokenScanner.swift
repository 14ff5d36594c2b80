/// Scans the small grammars of HTTP header values (RFC 9110 §5.6): tokens, quoted strings, lists. Never goes back.
struct TokenScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { position == bytes.count }

  mutating func skipSpaces() {
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") || bytes[position] == 9 { position += 1 }
  }

  /// Spaces and the empty list elements that RFC 9110 §5.6.1.2 has recipients ignore.
  mutating func skipListGaps() {
    repeat { skipSpaces() } while skip(",")
  }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func token() -> String? {
    let start = position
    while position < bytes.count, Self.isTokenByte(bytes[position]) { position += 1 }
    guard position > start else { return nil }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  mutating func tokenOrQuoted() -> String? {
    guard skip("\"") else { return token() }
    var content: [UInt8] = []
    while position < bytes.count {
      var byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") {
        // After unescaping the value must be a token (RFC 6455 §9.1).
        guard !content.isEmpty, content.allSatisfy(Self.isTokenByte) else { return nil }
        return String(decoding: content, as: UTF8.self)
      }
      if byte == UInt8(ascii: "\\") {
        guard position < bytes.count else { return nil }
        byte = bytes[position]
        position += 1
      }
      content.append(byte)
    }
    return nil
  }

  /// The tokens of comma-separated lists, `nil` when something else stands there.
  static func tokens(_ headerValues: [String]) -> [String]? {
    var tokens: [String] = []
    for value in headerValues {
      var scanner = TokenScanner(value)
      while true {
        scanner.skipListGaps()
        if scanner.isAtEnd { break }
        guard let token = scanner.token() else { return nil }
        tokens.append(token)
        scanner.skipSpaces()
        guard scanner.isAtEnd || scanner.skip(",") else { return nil }
      }
    }
    return tokens
  }

  /// tchar of RFC 9110 §5.6.2.
  @inline(__always)
  static func isTokenByte(_ byte: UInt8) -> Bool {
    byte < 128 && (byte < 64 ? tokenBits.low : tokenBits.high) & (1 << UInt64(byte & 63)) != 0
  }

  private static let tokenBits: (low: UInt64, high: UInt64) = {
    var low: UInt64 = 0
    var high: UInt64 = 0
    let allowed = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for byte in allowed.utf8 {
      if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
    }
    return (low, high)
  }()
}
