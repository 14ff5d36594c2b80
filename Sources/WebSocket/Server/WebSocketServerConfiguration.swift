import NIOCore

/// How a server opens connections, and how they behave then.
public struct WebSocketServerConfiguration: Sendable {
  /// The connections, once open.
  public var connection = WebSocketConfiguration()

  /// Bounds on the request.
  public var head = HeadLimits()

  /// From the accepted TCP connection to the end of the request's head (TLS handshake included); answered with 408, or
  /// closed silently when not a byte came.
  public var handshakeTime: TimeAmount = .seconds(5)

  /// From the end of the head to the application's decision; answered with 503.
  public var decisionTime: TimeAmount = .seconds(10)

  /// Which web pages may connect.
  public var allowedOrigins = OriginPolicy.sameHost

  /// The defaults.
  public init() {}
}
