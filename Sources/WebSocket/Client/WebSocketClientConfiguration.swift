import NIOCore

/// How a client opens connections, and how they behave then.
public struct WebSocketClientConfiguration: Sendable {
  /// The connections, once open. Its `deflate` is what is offered.
  public var connection = WebSocketConfiguration()

  /// Bounds on the server's answer.
  public var head = HeadLimits()

  /// For the TCP connection alone.
  public var connectTime: TimeAmount = .seconds(10)

  /// From the TCP connection to the end of the answer's head, TLS included.
  public var handshakeTime: TimeAmount = .seconds(10)

  /// The defaults.
  public init() {}
}
