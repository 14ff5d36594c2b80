import NIOCore

/// The one big buffer that the plain-TCP connections of an event loop read into, one after the other. NIO by itself keeps
/// a receive buffer for each channel, as big as its busiest moment needed: here a connection holds 256 bytes.
///
/// `@unchecked Sendable` because NIO wants its allocators to be: `keep` is called from a channel's handler, `take` by NIO
/// before it reads from a channel, and both happen on the channel's event loop, which is this one for all channels on
/// which it is installed. A `NIOLoopBoundBox` would ask for the thread three times a read.
final class ReceiveBuffers: @unchecked Sendable {
  static let capacity = 64 * 1024

  private let eventLoop: any EventLoop
  @exclusivity(unchecked) private var spare = ByteBuffer()

  init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  /// Called with what was read. If nobody refers to it any more when the next connection reads, it is used again.
  func keep(_ buffer: ByteBuffer) {
    eventLoop.assertInEventLoop()
    guard buffer.storageCapacity == Self.capacity else { return }
    spare = buffer
  }

  fileprivate func take() -> ByteBuffer {
    eventLoop.assertInEventLoop()
    var buffer = ByteBuffer()
    swap(&buffer, &spare)
    // `clear` would copy the storage if a delegate kept a slice; then a new one is cheaper.
    let reused: Void? = buffer.storageCapacity == Self.capacity ? buffer.modifyIfUniquelyOwned { $0.clear() } : nil
    return reused == nil ? ByteBufferAllocator().buffer(capacity: Self.capacity) : buffer
  }

  /// Makes `channel` read into these buffers. With TLS nobody brings them back, because the TLS handler consumes them: each
  /// read then gets a fresh one of a TLS record's size, and none is kept.
  func install(on channel: any Channel, isTLS: Bool) throws {
    precondition(channel.eventLoop === eventLoop, "a channel reads into the buffers of its own event loop")
    guard let options = channel.syncOptions else { return }
    // With one buffer per read cycle NIO keeps only the first it was ever given (`NIOPooledRecvBufferAllocator`), hence
    // the small first one. Reads are level-triggered: more than one buffer's worth is read in the next cycle.
    try options.setOption(.maxMessagesPerRead, value: 1)
    try options.setOption(.recvAllocator, value: SharedReceiveAllocator(shared: isTLS ? nil : self))
  }
}

/// NIO's view of ``ReceiveBuffers``: one per channel, confined to the channel's event loop by NIO.
private struct SharedReceiveAllocator: RecvByteBufferAllocator {
  private static let firstCapacity = 256
  private static let recordCapacity = 16 * 1024

  let shared: ReceiveBuffers?
  private var hasRead = false

  init(shared: ReceiveBuffers?) { self.shared = shared }

  func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
    guard hasRead else { return allocator.buffer(capacity: Self.firstCapacity) }
    return shared?.take() ?? allocator.buffer(capacity: Self.recordCapacity)
  }

  /// "May grow" makes NIO ask for a buffer each time instead of using the first one again.
  mutating func record(actualReadBytes: Int) -> Bool {
    hasRead = true
    return true
  }
}
