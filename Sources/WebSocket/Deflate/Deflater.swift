import CZlib
import NIOCore

/// Owns one zlib compressor for raw deflate. The `z_stream` lives at a fixed address because zlib keeps a pointer to it.
final class Deflater {
  /// What makes two compressors interchangeable.
  struct Settings: Hashable {
    let level: Int
    let windowBits: Int
    let memoryLevel: Int
  }

  private let stream: UnsafeMutablePointer<z_stream>

  /// `nil` when there is no memory for it.
  init?(_ settings: Settings) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // zlib's raw deflate refuses 8 bits. With 9 its matches reach back at most 512 - 262 = 250 bytes (MAX_DIST), which a
    // 256-byte window holds; a test inflates such output with 8.
    let bits = max(settings.windowBits, 9)
    let status = deflateInit2_(
      stream, Int32(settings.level), Z_DEFLATED, -Int32(bits), Int32(settings.memoryLevel), Z_DEFAULT_STRATEGY,
      ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// Forgets all earlier messages.
  func reset() { deflateReset(stream) }

  /// Appends the compressed form of one message, without the 00 00 FF FF at its end (RFC 7692 §7.2.1).
  func compress(_ input: UnsafeRawBufferPointer, into out: inout ByteBuffer) {
    // zlib does not write through `next_in`; it is not const only for old compilers' sake.
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
    stream.pointee.avail_in = uInt(input.count)
    var room = Int(deflateBound(stream, uLong(input.count))) + 16
    var full = true
    while full {
      out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
        let given = min(target.count, Int(uInt.max))
        stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = uInt(given)
        deflate(stream, Z_SYNC_FLUSH)
        full = stream.pointee.avail_out == 0
        return given - Int(stream.pointee.avail_out)
      }
      room = 4096
    }
    stream.pointee.next_in = nil
    stream.pointee.next_out = nil
    out.moveWriterIndex(to: out.writerIndex - 4)
  }
}
