import NIOCore

/// How one WebSocket connection behaves once it is open; the same for both roles.
public struct WebSocketConfiguration: Sendable {
  /// Bounds on what the peer sends.
  public var limits = MessageLimits()

  /// ``WebSocketConnection/isWritable`` turns false when this many bytes wait to be taken by the kernel.
  public var highWaterBytes = 64 * 1024

  /// ``WebSocketConnection/isWritable`` turns true again at this many.
  public var lowWaterBytes = 16 * 1024

  /// A send that would make more than this wait drops the connection: its owner ignored ``highWaterBytes``.
  public var maximumOutstandingBytes = 16 << 20

  /// A peer that takes nothing of what waits for it for so long is dropped. `nil`: never.
  public var writeStallTime: TimeAmount? = .seconds(30)

  /// Time for the peer to answer a Close frame and to end the TCP connection.
  public var closeTime: TimeAmount = .seconds(5)

  /// A connection from which nothing came for so long is sent a ping. `nil`: never.
  public var pingInterval: TimeAmount? = .seconds(25)

  /// Pings in a row that may stay unanswered, each for one ``pingInterval``, before the peer counts as gone.
  public var unansweredPings = 2

  /// Compression, if the peer takes part; `nil` refuses it.
  public var deflate: DeflateConfiguration? = DeflateConfiguration()

  /// The defaults.
  public init() {}
}

/// One copy for all connections of a server or client.
final class SharedConfiguration: Sendable {
  let value: WebSocketConfiguration

  init(_ value: WebSocketConfiguration) {
    var checked = value
    checked.deflate = value.deflate?.clamped
    checked.highWaterBytes = max(1, value.highWaterBytes)
    checked.lowWaterBytes = min(max(0, value.lowWaterBytes), checked.highWaterBytes - 1)
    self.value = checked
  }
}
