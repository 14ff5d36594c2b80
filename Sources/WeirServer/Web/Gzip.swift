internal import CZlib

/// RFC 1952, for what is compressed once and sent often.
enum Gzip {
  /// As small as zlib makes it. nil: it would not be smaller, or there is no memory for it.
  static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    // 15 bits of window; 16 more ask for gzip's frame instead of zlib's.
    let status = deflateInit2_(
      &stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK, bytes.count < Int(uInt.max) else { return nil }
    defer { deflateEnd(&stream) }
    let bound = Int(deflateBound(&stream, uLong(bytes.count)))
    var isWhole = false
    let result = [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      bytes.withUnsafeBufferPointer { input in
        // zlib does not write through `next_in`; it is not const only for old compilers' sake. Both pointers hold for this
        // one call, and the bound is all that the output can need.
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = uInt(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = uInt(output.count)
        isWhole = deflate(&stream, Z_FINISH) == Z_STREAM_END
        count = output.count - Int(stream.avail_out)
      }
    }
    return isWhole && result.count < bytes.count ? result : nil
  }
}
