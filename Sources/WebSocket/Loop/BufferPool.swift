import NIOCore

/// Out buffers that go from connection to connection, so that only those with something to send hold one.
struct BufferPool {
  private static let maximumSpares = 64
  private static let maximumCapacity = 64 * 1024
  private static let firstCapacity = 512

  private var spares: [ByteBuffer] = []

  /// An empty buffer that nobody else refers to.
  mutating func take() -> ByteBuffer {
    spares.popLast() ?? ByteBufferAllocator().buffer(capacity: Self.firstCapacity)
  }

  /// Takes a buffer that has done its work, if it is worth keeping. What still refers to its bytes keeps them: then the
  /// next writer gets a copy, and correctness never depends on being the only owner.
  mutating func giveBack(_ buffer: consuming ByteBuffer) {
    guard spares.count < Self.maximumSpares, buffer.storageCapacity > 0,
      buffer.storageCapacity <= Self.maximumCapacity
    else { return }
    buffer.clear()
    spares.append(buffer)
  }
}
