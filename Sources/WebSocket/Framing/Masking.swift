/// XOR with the 4-byte masking key (RFC 6455 §5.3), in place. The key is kept in memory order, as loaded from the frame.
enum Masking {
  /// Masks or unmasks `bytes` and returns the key as it applies to the byte after them, so that a payload may come in
  /// pieces of any size.
  @inline(__always)
  static func apply(_ key: UInt32, to bytes: UnsafeMutableRawBufferPointer) -> UInt32 {
    guard let base = bytes.baseAddress else { return key }
    let count = bytes.count
    var position = 0
    let word = UInt64(key) << 32 | UInt64(key)
    if count >= 32 {
      let lanes = SIMD4<UInt64>(repeating: word)
      while position &+ 32 <= count {
        let masked = base.loadUnaligned(fromByteOffset: position, as: SIMD4<UInt64>.self) ^ lanes
        base.storeBytes(of: masked, toByteOffset: position, as: SIMD4<UInt64>.self)
        position &+= 32
      }
    }
    while position &+ 8 <= count {
      let masked = base.loadUnaligned(fromByteOffset: position, as: UInt64.self) ^ word
      base.storeBytes(of: masked, toByteOffset: position, as: UInt64.self)
      position &+= 8
    }
    // Everything above moved by a multiple of four, so the key starts afresh here.
    var rest = UInt32(littleEndian: key)
    while position < count {
      let byte = base.load(fromByteOffset: position, as: UInt8.self) ^ UInt8(truncatingIfNeeded: rest)
      base.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
      rest = rest &>> 8 | rest &<< 24
      position &+= 1
    }
    return rest.littleEndian
  }
}
