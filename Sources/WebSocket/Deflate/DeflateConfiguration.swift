/// How this endpoint uses permessage-deflate (RFC 7692).
public struct DeflateConfiguration: Sendable {
  /// Whether later messages may refer to earlier ones.
  public enum ContextTakeover: Sendable {
    /// Each message stands alone, in both directions: compression contexts are shared by all connections of an event
    /// loop, and a connection holds none. The default.
    case never
    /// Agreed to where the peer does not refuse: better ratios on small, similar messages. A busy connection holds up to
    /// 256 KiB to compress and 40 KiB to inflate; a quiet one falls back to the inflate window's content, at most 32 KiB.
    case allowed
  }

  /// Whether contexts live on between messages.
  public var contextTakeover = ContextTakeover.never

  /// Messages shorter than this are sent uncompressed: they gain nothing and cost CPU.
  public var thresholdBytes = 256

  /// zlib's level, 1 (fast) to 9 (small).
  public var level = 1

  /// zlib's memory level, 1 to 9: 8 takes 128 KiB beside the window.
  public var memoryLevel = 8

  /// Base-2 logarithm of the window this side compresses with, 8 to 15.
  public var windowBits = 15

  /// Base-2 logarithm of the window the peer is asked to stay within, 8 to 15; less bounds the memory it costs to inflate.
  public var peerWindowBits = 15

  /// The defaults.
  public init() {}

  /// The same with every figure in the range that zlib takes.
  var clamped: DeflateConfiguration {
    var copy = self
    copy.level = min(max(level, 1), 9)
    copy.memoryLevel = min(max(memoryLevel, 1), 9)
    copy.windowBits = min(max(windowBits, 8), 15)
    copy.peerWindowBits = min(max(peerWindowBits, 8), 15)
    return copy
  }
}
