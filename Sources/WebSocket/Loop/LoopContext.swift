import NIOConcurrencyHelpers
import NIOCore

/// What the WebSocket connections of one event loop share, so that an idle one holds next to nothing. Confined to the
/// loop.
final class LoopContext {
  let eventLoop: any EventLoop
  let wheel: TimerWheel
  let deflate = DeflatePool()
  let receiveBuffers: ReceiveBuffers
  let newcomers: NewcomerQueue
  // Unchecked as in `WebSocketConnection`: their methods call back nobody.
  @exclusivity(unchecked) var buffers = BufferPool()
  @exclusivity(unchecked) var maskKeys = MaskKeys()
  /// What all connections hold of messages that have not come to their end.
  var incompleteBytes = 0
  @exclusivity(unchecked) private var spans: [FrameSpan] = []

  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
    wheel = TimerWheel(eventLoop: eventLoop)
    receiveBuffers = ReceiveBuffers(eventLoop: eventLoop)
    newcomers = NewcomerQueue(eventLoop: eventLoop)
  }

  /// An empty list with the capacity of earlier reads. Taken out while in use, so that a read inside a read has its own.
  func takeSpans() -> [FrameSpan] {
    var taken: [FrameSpan] = []
    swap(&taken, &spans)
    return taken
  }

  func giveBack(_ used: consuming [FrameSpan]) {
    guard used.capacity <= 16_384 else { return }
    used.removeAll(keepingCapacity: true)
    spans = used
  }
}

/// Keeps a loop's context alive; may be passed between threads, opened only on the loop.
final class LoopHandle: Sendable {
  private let bound: NIOLoopBound<LoopContext>

  private init(_ eventLoop: any EventLoop) {
    bound = NIOLoopBound(LoopContext(eventLoop: eventLoop), eventLoop: eventLoop)
  }

  var context: LoopContext { bound.value }

  /// The context of `eventLoop`, on which this must be called. It lives as long as somebody holds a handle to it.
  static func on(_ eventLoop: any EventLoop) -> LoopHandle {
    let key = ObjectIdentifier(eventLoop)
    return table.withLockedValue { table in
      if let handle = table[key]?.handle { return handle }
      let handle = LoopHandle(eventLoop)
      // Loops come and go in tests only; their entries are swept when a new one is made.
      table = table.filter { $0.value.handle != nil }
      table[key] = WeakHandle(handle: handle)
      return handle
    }
  }

  /// A live handle holds its loop, so a loop that is found here under an identity is the loop of that identity.
  private static let table = NIOLockedValueBox<[ObjectIdentifier: WeakHandle]>([:])

  private struct WeakHandle: Sendable {
    weak let handle: LoopHandle?
  }
}
