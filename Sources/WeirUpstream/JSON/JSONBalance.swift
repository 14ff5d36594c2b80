/// Tells when a JSON object or array that comes in pieces is whole, by its brackets alone.
struct JSONBalance: Sendable, Equatable {
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  /// Whether anything but white space has come.
  private(set) var hasBegun = false
  /// Whether what began with a bracket has ended with its counterpart. Nothing but white space may follow.
  private(set) var isWhole = false

  /// Takes the next piece.
  mutating func append(_ piece: some Sequence<UInt8>) {
    for byte in piece where !isWhole { take(byte) }
  }

  private mutating func take(_ byte: UInt8) {
    if isInString {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isInString = false
      }
      return
    }
    if byte > 0x20 { hasBegun = true }
    switch byte {
    case UInt8(ascii: "\""): isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      isWhole = depth == 0
    default: break
    }
  }
}
