/// Why a connection did not open.
public enum WebSocketClientError: Error, Sendable, CustomStringConvertible {
  /// The URL, and how to write it.
  case invalidURL(String, String)
  /// A header or subprotocol to send is not valid; its name.
  case invalidHeader(String)
  /// No TCP connection, or no TLS; what the system said.
  case connectFailed(host: String, port: Int, reason: String)
  /// The server did not answer the request in time.
  case timedOut
  /// The server answered, but not with an upgrade.
  case refused(RefusedUpgrade)
  /// The server's answer breaks the protocol; in what way.
  case invalidUpgrade(String)
  /// The connection ended before the answer was complete; what the system said, if anything.
  case closedEarly(String)

  /// One sentence that ends with what to do.
  public var description: String {
    switch self {
    case .invalidURL(let url, let advice): "\"\(url)\" is not a WebSocket URL: \(advice)"
    case .invalidHeader(let name): "the header or subprotocol \"\(name)\" cannot be sent: remove control characters"
    case .connectFailed(let host, let port, let reason):
      "no connection to \(host):\(port) (\(reason)): check that the server runs and can be reached"
    case .timedOut: "the server did not answer the upgrade request in time: try again later"
    case .refused(let answer):
      "the server refused with \(answer.status) \(answer.reason): \(answer.body.isEmpty ? "no reason given" : answer.body)"
    case .invalidUpgrade(let reason): "the server's upgrade is not valid (\(reason)): check that the URL is right"
    case .closedEarly(let reason):
      "the connection ended before the upgrade\(reason.isEmpty ? "" : " (\(reason))"): check the URL and try again"
    }
  }
}

/// An HTTP answer that is not 101.
public struct RefusedUpgrade: Sendable {
  /// The HTTP status code.
  public let status: Int
  /// The phrase beside it.
  public let reason: String
  /// All header fields: `Retry-After`, `Location`, `WWW-Authenticate` tell what to do.
  public let headers: HeaderFields
  /// The first KiB of the body.
  public let body: String
}
