/// Bounds on the head of the HTTP message that opens a connection.
public struct HeadLimits: Sendable {
  /// Start line and header fields together; at most 65,535. A longer head is refused with 431.
  public var maximumHeadBytes = 16 * 1024

  /// Request target. A longer one is refused with 414.
  public var maximumURIBytes = 8 * 1024

  /// Header fields. More are refused with 431.
  public var maximumHeaders = 100

  /// Bytes that may come behind the head before the upgrade is answered; more end the connection.
  public var maximumEarlyBytes = 16 * 1024

  /// The defaults.
  public init() {}

  var clampedHeadBytes: Int { min(max(maximumHeadBytes, 64), Int(UInt16.max)) }
}
