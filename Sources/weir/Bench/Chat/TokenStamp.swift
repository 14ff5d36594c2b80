/// A token of the mock provider: 24 bytes of text that say when it was sent and which one of its answer it is, so that
/// whoever reads it behind a relay knows how long it took and that none is missing: `~` 16 hexadecimal digits of
/// nanoseconds `.` 5 decimal digits of the number ` `.
enum TokenStamp {
  static let bytes = 24
  static let first = UInt8(ascii: "~")
  private static let numbers = 100_000
  private static let digits = Array("0123456789abcdef".utf8)

  /// Writes `bytes` bytes.
  static func write(time: UInt64, number: Int, to out: UnsafeMutableRawBufferPointer) {
    out[0] = first
    for place in 0..<16 { out[1 + place] = digits[Int(time >> UInt64(60 - 4 * place) & 15)] }
    out[17] = UInt8(ascii: ".")
    var rest = number % numbers
    for place in stride(from: 22, through: 18, by: -1) {
      out[place] = digits[rest % 10]
      rest /= 10
    }
    out[23] = UInt8(ascii: " ")
  }

  /// When token `number` was sent; nil if `text` is not it.
  static func time(of number: Int, in text: UnsafeRawBufferPointer) -> UInt64? {
    guard text.count == bytes, text[0] == first, text[17] == UInt8(ascii: "."), text[23] == UInt8(ascii: " ") else {
      return nil
    }
    var time: UInt64 = 0
    for place in 1...16 {
      guard let digit = value(text[place]) else { return nil }
      time = time << 4 | digit
    }
    var found = 0
    for place in 18...22 {
      guard let digit = value(text[place]), digit < 10 else { return nil }
      found = found * 10 + Int(digit)
    }
    return found == number % numbers ? time : nil
  }

  private static func value(_ digit: UInt8) -> UInt64? {
    switch digit {
    case 0x30...0x39: UInt64(digit - 0x30)
    case 0x61...0x66: UInt64(digit - 0x61 + 10)
    default: nil
    }
  }
}

/// Reads stamped tokens from text that comes cut anywhere.
struct StampReader {
  /// Tokens so far.
  var count: Int { next }
  private var next = 0
  private var tail: [UInt8] = []

  /// Calls `body` with the time of each token that is whole now; false if one is not the next.
  mutating func feed(_ text: UnsafeRawBufferPointer, _ body: (UInt64) -> Void) -> Bool {
    var rest = text
    if !tail.isEmpty {
      let missing = min(TokenStamp.bytes - tail.count, rest.count)
      tail.append(contentsOf: rest[..<missing])
      rest = UnsafeRawBufferPointer(rebasing: rest[missing...])
      if tail.count < TokenStamp.bytes { return true }
      guard let time = tail.withUnsafeBytes({ TokenStamp.time(of: next, in: $0) }) else { return false }
      tail.removeAll(keepingCapacity: true)
      next += 1
      body(time)
    }
    while rest.count >= TokenStamp.bytes {
      let token = UnsafeRawBufferPointer(rebasing: rest[..<TokenStamp.bytes])
      guard let time = TokenStamp.time(of: next, in: token) else { return false }
      next += 1
      body(time)
      rest = UnsafeRawBufferPointer(rebasing: rest[TokenStamp.bytes...])
    }
    if !rest.isEmpty { tail.append(contentsOf: rest) }
    return true
  }
}
