import NIOCore

/// Writes frame headers and control frames.
enum FrameWriter {
  /// Header of one final frame that holds `count` bytes. `mask` is the client's key in memory order.
  @inline(__always)
  static func writeHeader(
    _ opcode: Opcode, compressed: Bool = false, count: Int, mask: UInt32?, to out: inout ByteBuffer
  ) {
    let first: UInt8 = 0x80 | (compressed ? 0x40 : 0) | opcode.rawValue
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    if count < 126 {
      out.writeInteger(UInt16(first) << 8 | UInt16(maskBit) | UInt16(count))
    } else if count <= 0xFFFF {
      out.writeInteger(UInt32(first) << 24 | UInt32(maskBit | 126) << 16 | UInt32(count))
    } else {
      out.writeInteger(UInt16(first) << 8 | UInt16(maskBit | 127))
      out.writeInteger(UInt64(count))
    }
    if let mask { out.writeInteger(mask, endianness: .host) }
  }

  /// Bytes that ``writeHeader(_:compressed:count:mask:to:)`` will write.
  static func headerBytes(count: Int, role: Role) -> Int {
    (count < 126 ? 2 : count <= 0xFFFF ? 4 : 10) + (role == .client ? 4 : 0)
  }

  /// Masks the last `count` written bytes of `out`.
  @inline(__always)
  static func maskTail(of out: inout ByteBuffer, count: Int, with mask: UInt32) {
    out.withUnsafeMutableReadableBytes { bytes in
      _ = Masking.apply(mask, to: .init(rebasing: bytes[(bytes.count - count)...]))
    }
  }
}
