import NIOCore

/// Bounds on what a peer may make this side hold or do. Sizes are in bytes.
public struct MessageLimits: Sendable {
  /// Payload of one frame, as declared in its header: over it the connection fails with 1009 before any byte is kept.
  public var maximumFrameBytes = 1 << 20

  /// One message: its fragments together, after inflating. Over it the connection fails with 1009.
  public var maximumMessageBytes = 1 << 20

  /// Fragments of one message, over which the connection fails with 1008.
  public var maximumFragments = 1024

  /// Each so many payload bytes of a message allow one fragment more than ``maximumFragments``, so that a large message
  /// cut into reasonable pieces passes while a flood of one-byte fragments does not. `nil` allows none.
  public var bytesPerFurtherFragment: Int? = 32

  /// Messages that have not come to their end, of all connections of one event loop together. A connection whose message
  /// would make it more fails with 1013: many peers, each within its own limit, cannot fill the process's memory.
  public var maximumIncompleteBytesPerLoop = 64 << 20

  /// Time from the first byte of a message (or of a single frame) to its last. Over it the connection fails with 1008.
  public var incompleteMessageTime: TimeAmount = .seconds(30)

  /// Pings, pongs and Close frames per second that a peer may keep up; more fails the connection with 1008.
  public var controlFramesPerSecond = 20

  /// Control frames that may come at once. Past half of it only the newest ping of each read is answered.
  public var controlFrameBurst = 40

  /// Empty data messages per second that a peer may keep up; more fails the connection with 1008.
  public var emptyMessagesPerSecond = 1000

  /// Empty data messages that may come at once.
  public var emptyMessageBurst = 2000

  /// The defaults.
  public init() {}
}
