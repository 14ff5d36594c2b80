/// Looks for bytes eight at a time: most of what providers send is passed over on the way to a line's or a string's end.
enum ByteScan {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let tops: UInt64 = 0x8080_8080_8080_8080

  /// The first place from `start` on of one of two bytes; the end if there is none.
  static func first(of one: UInt8, or other: UInt8, in bytes: Span<UInt8>, from start: Int) -> Int {
    let first = ones &* UInt64(one)
    let second = ones &* UInt64(other)
    return bytes.withUnsafeBytes { bytes in
      var index = start
      // Within the bytes: loads are checked against their count in debug builds, and by this bound in all.
      while index + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        let found = zeros(word ^ first) | zeros(word ^ second)
        if found != 0 { return index + found.trailingZeroBitCount / 8 }
        index += 8
      }
      while index < bytes.count, bytes[index] != one, bytes[index] != other { index += 1 }
      return index
    }
  }

  /// The top bit of each byte that is zero. Bits above the lowest one may be wrong, which nobody looks at.
  private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & tops }
}
