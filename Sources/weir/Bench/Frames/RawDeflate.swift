import CZlib

/// permessage-deflate of one message on its own (RFC 7692 §7.2.1): raw deflate, flushed, without the last four bytes.
enum RawDeflate {
  static func compress(_ message: [UInt8], level: Int32 = 6) throws(BenchFailure) -> [UInt8] {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    guard deflateInit2_(&stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK else {
      throw BenchFailure("zlib could not be started. Free some memory and try again.")
    }
    defer { deflateEnd(&stream) }
    // A flush adds at most an empty block to what deflateBound promises for a stream that ends.
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(message.count))) + 16)
    var input = message
    let length = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        _ = deflate(&stream, Z_SYNC_FLUSH)
        return output.count - Int(stream.avail_out)
      }
    }
    return Array(output[..<(length - 4)])
  }
}

/// The other way, message by message, with the context kept or not. The fence around zlib's stream: it lives at one
/// address, as zlib wants it.
final class RawInflate {
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let keepsContext: Bool

  init(keepsContext: Bool) throws(BenchFailure) {
    self.keepsContext = keepsContext
    stream.initialize(to: z_stream())
    guard inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw BenchFailure("zlib could not be started. Free some memory and try again.")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// The message, or nil if the bytes are not one of at most `limit` bytes.
  func inflate(_ bytes: UnsafeRawBufferPointer, limit: Int) -> [UInt8]? {
    if !keepsContext { inflateReset(stream) }
    var input = Array(bytes) + [0x00, 0x00, 0xFF, 0xFF]
    var output = [UInt8](repeating: 0, count: limit + 64)
    let status = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        return CZlib.inflate(stream, Z_SYNC_FLUSH)
      }
    }
    let length = output.count - Int(stream.pointee.avail_out)
    guard status == Z_OK || status == Z_BUF_ERROR, stream.pointee.avail_in == 0, length <= limit else { return nil }
    return Array(output[..<length])
  }
}
