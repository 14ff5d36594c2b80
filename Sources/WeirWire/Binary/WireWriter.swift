import NIOCore

/// Writes fields into room that has been reserved for exactly them.
///
/// The pointer is that of a `ByteBuffer` and lives only inside `append`. Every put is checked against the room, so that
/// a wrong size is a trap and never a write outside of it.
struct WireWriter: WireSink {
  private let room: UnsafeMutableRawBufferPointer
  private var offset = 0

  private init(room: UnsafeMutableRawBufferPointer) { self.room = room }

  /// Appends what `body` writes, which must be `size` bytes.
  @inline(__always)
  static func append(size: Int, to buffer: inout ByteBuffer, _ body: (inout WireWriter) -> Void) {
    _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { writable in
      var writer = WireWriter(room: UnsafeMutableRawBufferPointer(rebasing: writable[..<size]))
      body(&writer)
      precondition(writer.offset == size, "the size of a message and its bytes disagree")
      return size
    }
  }

  @inline(__always)
  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      put(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    put(UInt8(truncatingIfNeeded: rest))
  }

  mutating func utf8(_ string: String) {
    varint(UInt64(string.utf8.count))
    // All native strings are contiguous; bridged ones, which are not, take the second way.
    let copied: Void? = string.utf8.withContiguousStorageIfAvailable { bytes(UnsafeRawBufferPointer($0)) }
    if copied == nil { for byte in string.utf8 { put(byte) } }
  }

  mutating func nested(_ message: some SchemaMessage) {
    varint(UInt64(message.encodedSize))
    message.write(to: &self)
  }

  /// Raw bytes, without a length.
  mutating func bytes(_ source: UnsafeRawBufferPointer) {
    guard let from = source.baseAddress, source.count > 0 else { return }
    precondition(source.count <= room.count - offset, "a message is longer than its size")
    UnsafeMutableRawBufferPointer(rebasing: room[offset...]).baseAddress?.copyMemory(
      from: from, byteCount: source.count)
    offset += source.count
  }

  @inline(__always)
  private mutating func put(_ byte: UInt8) {
    precondition(offset < room.count, "a message is longer than its size")
    room[offset] = byte
    offset += 1
  }
}
