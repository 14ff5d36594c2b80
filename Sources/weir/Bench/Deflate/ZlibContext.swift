import CZlib

/// One connection's zlib streams, with memory of their own, as cheap as zlib can be used. The fence around both: they
/// live at one address each, as zlib wants it.
final class ZlibContext {
  private let inflating = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let deflating = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let keepsContext: Bool
  private var inflated: [UInt8] = []
  private var deflated: [UInt8] = []

  init(level: Int32, keepsContext: Bool) throws(BenchFailure) {
    self.keepsContext = keepsContext
    inflating.initialize(to: z_stream())
    deflating.initialize(to: z_stream())
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(inflating, -15, ZLIB_VERSION, size) == Z_OK,
      deflateInit2_(deflating, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
    else { throw BenchFailure("zlib could not be started. Free some memory and try again.") }
  }

  deinit {
    inflateEnd(inflating)
    deflateEnd(deflating)
    inflating.deallocate()
    deflating.deallocate()
  }

  /// Inflates a message of `size` bytes, deflates it again, and returns how many bytes that takes on the wire.
  func echo(_ message: [UInt8], size: Int) -> Int {
    if inflated.count < size {
      inflated = [UInt8](repeating: 0, count: size)
      deflated = [UInt8](repeating: 0, count: size + 1024)
    }
    inflateReset(inflating)
    if !keepsContext { deflateReset(deflating) }
    // zlib's input is not const in its old declarations; it is not written to.
    message.withUnsafeBufferPointer { input in
      inflated.withUnsafeMutableBufferPointer { output in
        inflating.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        inflating.pointee.avail_in = UInt32(input.count)
        inflating.pointee.next_out = output.baseAddress
        inflating.pointee.avail_out = UInt32(size)
        _ = inflate(inflating, Z_SYNC_FLUSH)
      }
    }
    return inflated.withUnsafeMutableBufferPointer { input in
      deflated.withUnsafeMutableBufferPointer { output in
        deflating.pointee.next_in = input.baseAddress
        deflating.pointee.avail_in = UInt32(size)
        deflating.pointee.next_out = output.baseAddress
        deflating.pointee.avail_out = UInt32(output.count)
        _ = deflate(deflating, Z_SYNC_FLUSH)
        return output.count - Int(deflating.pointee.avail_out) - 4
      }
    }
  }
}
