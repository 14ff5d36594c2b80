import NIOCore

/// Writes frame headers and control frames.
enum FrameWriter {
  /// Header of one final frame that holds `count` bytes. `mask` is the client's key in memory order.
  @inline(__always)
  static func writeHeader(
    _ opcode: Opcode, compressed: Bool = false, count: Int, mask: UInt32?, to out: inout ByteBuffer
  ) {
    // One write for all of it: each asks anew whether the buffer is shared and has room.
    _ = out.writeWithUnsafeMutableBytes(minimumWritableBytes: FrameHeader.maximumBytes) {
      writeHeader(opcode, compressed: compressed, count: count, mask: mask, to: $0)
    }
  }

  /// One final frame with the readable bytes of `payload`, masked for a client.
  @inline(__always)
  static func writeFrame(
    _ opcode: Opcode, compressed: Bool = false, _ payload: ByteBuffer, mask: UInt32?, to out: inout ByteBuffer
  ) {
    let count = payload.readableBytes
    _ = payload.withUnsafeReadableBytes { source in
      out.writeWithUnsafeMutableBytes(minimumWritableBytes: count + FrameHeader.maximumBytes) { room in
        let start = writeHeader(opcode, compressed: compressed, count: count, mask: mask, to: room)
        let target = UnsafeMutableRawBufferPointer(rebasing: room[start..<start + count])
        target.copyMemory(from: source)
        if let mask { _ = Masking.apply(mask, to: target) }
        return start + count
      }
    }
  }

  /// Returns the header's length. There is room for the longest one.
  @inline(__always)
  private static func writeHeader(
    _ opcode: Opcode, compressed: Bool, count: Int, mask: UInt32?, to room: UnsafeMutableRawBufferPointer
  ) -> Int {
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    var end = 2
    room[0] = 0x80 | (compressed ? 0x40 : 0) | opcode.rawValue
    if count < 126 {
      room[1] = maskBit | UInt8(count)
    } else if count <= 0xFFFF {
      room[1] = maskBit | 126
      room.storeBytes(of: UInt16(count).bigEndian, toByteOffset: 2, as: UInt16.self)
      end = 4
    } else {
      room[1] = maskBit | 127
      room.storeBytes(of: UInt64(count).bigEndian, toByteOffset: 2, as: UInt64.self)
      end = 10
    }
    if let mask {
      room.storeBytes(of: mask, toByteOffset: end, as: UInt32.self)
      end += 4
    }
    return end
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
