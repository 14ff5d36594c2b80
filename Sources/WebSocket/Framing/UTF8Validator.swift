/// Incremental UTF-8 validation that fails at the first byte that no valid text can have there (RFC 3629: no overlong
/// forms, no surrogates, nothing above U+10FFFF). Text may be cut at any byte between calls.
struct UTF8Validator: Equatable {
  /// Continuation bytes that the character under way still needs.
  private var missing: UInt8 = 0
  /// Range of the next continuation byte; narrower than 80...BF only right after E0, ED, F0 and F4.
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  /// True between characters: the text may end here.
  var isComplete: Bool { missing == 0 }

  /// False as soon as the text cannot be valid whatever follows.
  mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    let count = bytes.count
    var position = 0
    while position < count {
      if missing == 0 {
        position = Self.skipASCII(base, from: position, to: count)
        guard position < count else { return true }
      }
      guard accept(base.load(fromByteOffset: position, as: UInt8.self)) else { return false }
      position &+= 1
    }
    return true
  }

  /// Whether `bytes` are whole, valid UTF-8.
  @inline(__always)
  static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var validator = UTF8Validator()
    return validator.consume(bytes) && validator.isComplete
  }

  @inline(__always)
  private static func skipASCII(_ base: UnsafeRawPointer, from start: Int, to count: Int) -> Int {
    var position = start
    while position &+ 32 <= count {
      let lanes = base.loadUnaligned(fromByteOffset: position, as: SIMD4<UInt64>.self)
      let high = lanes & SIMD4(repeating: 0x8080_8080_8080_8080)
      guard high == .zero else { break }
      position &+= 32
    }
    while position &+ 8 <= count {
      guard base.loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 else { break }
      position &+= 8
    }
    while position < count, base.load(fromByteOffset: position, as: UInt8.self) < 0x80 { position &+= 1 }
    return position
  }

  @inline(__always)
  private mutating func accept(_ byte: UInt8) -> Bool {
    if missing > 0 {
      guard byte >= lowest, byte <= highest else { return false }
      missing &-= 1
      lowest = 0x80
      highest = 0xBF
      return true
    }
    switch byte {
    case 0x00...0x7F: return true
    case 0xC2...0xDF: missing = 1
    case 0xE0: (missing, lowest) = (2, 0xA0)
    case 0xE1...0xEC, 0xEE, 0xEF: missing = 2
    case 0xED: (missing, highest) = (2, 0x9F)
    case 0xF0: (missing, lowest) = (3, 0x90)
    case 0xF1...0xF3: missing = 3
    case 0xF4: (missing, highest) = (3, 0x8F)
    default: return false
    }
    return true
  }
}
