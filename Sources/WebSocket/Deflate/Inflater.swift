import CZlib
import NIOCore

/// How inflating a piece ended.
enum InflateOutcome: Equatable {
  case done
  /// One byte more than the limit came out; nothing past the limit was kept.
  case tooBig
  case invalid
  case outOfMemory
}

/// Owns one zlib decompressor for raw deflate. The `z_stream` lives at a fixed address because zlib keeps a pointer to it.
final class Inflater {
  /// A compressor may end its stream and begin another inside a message (RFC 7692 §7.2.3.4). Each time costs a window's
  /// copy, so an attacker's million of empty streams is cut short.
  private static let maximumStreamsPerMessage = 16

  private let stream: UnsafeMutablePointer<z_stream>
  private var streamsEnded = 0

  /// `nil` when there is no memory for it.
  init?(windowBits: Int) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // A peer that was asked for 8 may well use zlib's 9; a bigger window inflates all that a smaller one does.
    let bits = max(windowBits, 9)
    guard inflateInit2_(stream, -Int32(bits), ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Forgets all earlier messages.
  func reset() { inflateReset(stream) }

  func beginMessage() { streamsEnded = 0 }

  /// The window: what later messages may refer back to.
  func window() -> ByteBuffer {
    var count: uInt = 0
    guard inflateGetDictionary(stream, nil, &count) == Z_OK, count > 0 else { return ByteBuffer() }
    var copy = ByteBufferAllocator().buffer(capacity: Int(count))
    copy.writeWithUnsafeMutableBytes(minimumWritableBytes: Int(count)) { target in
      inflateGetDictionary(stream, target.bindMemory(to: UInt8.self).baseAddress, &count)
      return Int(count)
    }
    return copy
  }

  /// Starts afresh with `window` as what came before.
  func restore(_ window: ByteBuffer) {
    inflateReset(stream)
    window.withUnsafeReadableBytes { bytes in
      guard !bytes.isEmpty else { return }
      _ = inflateSetDictionary(stream, bytes.bindMemory(to: UInt8.self).baseAddress, uInt(bytes.count))
    }
  }

  /// Inflates all of `input`, appending to `out`, which never grows past `limit` readable bytes.
  func inflate(_ input: UnsafeRawBufferPointer, into out: inout ByteBuffer, limit: Int) -> InflateOutcome {
    // zlib does not write through `next_in`; it is not const only for old compilers' sake.
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
    stream.pointee.avail_in = uInt(input.count)
    defer {
      stream.pointee.next_in = nil
      stream.pointee.next_out = nil
    }
    while true {
      let left = limit - out.readableBytes
      guard left > 0 else { return overflows() }
      let room = min(left, max(512, out.readableBytes, 4 * Int(stream.pointee.avail_in)))
      let (status, full) = step(room: room, &out)
      switch status {
      case Z_OK, Z_BUF_ERROR:
        if !full { return stream.pointee.avail_in == 0 ? .done : .invalid }
      case Z_STREAM_END:
        guard beginNextStream() else { return .invalid }
        if stream.pointee.avail_in == 0 { return .done }
      case Z_MEM_ERROR: return .outOfMemory
      default: return .invalid
      }
    }
  }

  /// Whether inflating stopped between two blocks, as it must at the end of a message.
  var isBetweenBlocks: Bool { stream.pointee.data_type & 128 != 0 }

  private func step(room: Int, _ out: inout ByteBuffer) -> (status: Int32, full: Bool) {
    var status = Z_OK
    var full = false
    out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
      stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
      stream.pointee.avail_out = uInt(room)
      status = CZlib.inflate(stream, Z_SYNC_FLUSH)
      full = stream.pointee.avail_out == 0
      return room - Int(stream.pointee.avail_out)
    }
    return (status, full)
  }

  /// At the limit: what is left may hold block ends and flush marks, but not one byte of output.
  private func overflows() -> InflateOutcome {
    while true {
      var spill: UInt8 = 0
      let status = withUnsafeMutablePointer(to: &spill) { target in
        stream.pointee.next_out = target
        stream.pointee.avail_out = 1
        return CZlib.inflate(stream, Z_SYNC_FLUSH)
      }
      if stream.pointee.avail_out == 0 { return .tooBig }
      switch status {
      case Z_OK, Z_BUF_ERROR: return stream.pointee.avail_in == 0 ? .done : .invalid
      case Z_STREAM_END:
        guard beginNextStream() else { return .invalid }
        if stream.pointee.avail_in == 0 { return .done }
      case Z_MEM_ERROR: return .outOfMemory
      default: return .invalid
      }
    }
  }

  private func beginNextStream() -> Bool {
    streamsEnded += 1
    guard streamsEnded <= Self.maximumStreamsPerMessage else { return false }
    restore(window())
    return true
  }
}
