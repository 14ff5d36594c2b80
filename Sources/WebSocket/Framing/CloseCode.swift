/// Why a connection ended (RFC 6455 §7.4 and the IANA registry).
public struct CloseCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The number as it stands in the Close frame.
  public let rawValue: UInt16

  /// Any number; whether it may be sent is told by ``isValidOnTheWire``.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Any number; whether it may be sent is told by ``isValidOnTheWire``.
  public init(_ rawValue: UInt16) { self.rawValue = rawValue }

  /// 1000: the purpose of the connection is fulfilled.
  public static let normal = CloseCode(1000)
  /// 1001: the server goes down or the page was left.
  public static let goingAway = CloseCode(1001)
  /// 1002: the peer broke the protocol.
  public static let protocolError = CloseCode(1002)
  /// 1003: a kind of message this endpoint does not take (text on a binary-only subprotocol).
  public static let unsupportedData = CloseCode(1003)
  /// 1005: reported when the peer's Close frame held no code; never sent.
  public static let noStatus = CloseCode(1005)
  /// 1006: reported when the TCP connection went without a Close frame; never sent.
  public static let abnormal = CloseCode(1006)
  /// 1007: text that is not UTF-8, or compressed data that does not inflate.
  public static let invalidPayload = CloseCode(1007)
  /// 1008: a limit or rule of this endpoint was broken.
  public static let policyViolation = CloseCode(1008)
  /// 1009: a frame or message over the limit.
  public static let messageTooBig = CloseCode(1009)
  /// 1010: the client misses an extension it needs.
  public static let mandatoryExtension = CloseCode(1010)
  /// 1011: the server met an error of its own.
  public static let internalError = CloseCode(1011)
  /// 1012: the server restarts; come back after a short, random wait.
  public static let serviceRestart = CloseCode(1012)
  /// 1013: overloaded; come back later.
  public static let tryAgainLater = CloseCode(1013)
  /// 1014: a gateway got no valid answer from behind.
  public static let badGateway = CloseCode(1014)

  /// Whether a Close frame may carry this code: 1000 to 1003, 1007 to 1014, and the ranges left to libraries (3000 to
  /// 3999) and applications (4000 to 4999). RFC 6455 §7.4.2.
  public var isValidOnTheWire: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  /// The number.
  public var description: String { String(rawValue) }
}
