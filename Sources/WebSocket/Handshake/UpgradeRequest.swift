import NIOCore

/// The HTTP request that asks for a WebSocket connection.
public struct UpgradeRequest: Sendable {
  /// As sent, for example `GET`.
  public let method: String
  /// The request target as sent, for example `/chat?user=ann`.
  public let uri: String
  /// The protocol version as sent, for example `HTTP/1.1`.
  public let version: String
  /// All header fields.
  public let headers: HeaderFields
  /// Where the TCP connection comes from, if that is known.
  public let remoteAddress: SocketAddress?
  /// What the connection was configured with.
  public let attachment: (any Sendable)?
  /// The connection is encrypted up to this process.
  public let isTLS: Bool

  /// The target without its query, not decoded. Begins with `/`.
  public let path: String
  /// The parameters behind the `?`.
  public let query: QueryParameters

  /// The subprotocols the client offers, in its order of preference. Empty when the header is absent.
  public var subprotocols: [String] {
    TokenScanner.tokens(headers.values(of: "Sec-WebSocket-Protocol")) ?? []
  }

  /// Parses a complete head. Throws when it is not the head of an HTTP request.
  init(
    _ head: [UInt8], limits: HeadLimits, origin: ConnectionOrigin, isTLS: Bool
  ) throws(Refusal) {
    let parsed = try MessageHead(head, maximumHeaders: limits.maximumHeaders)
    let line = parsed.startLine
    let parts = head[line].split(separator: 32, maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(TokenScanner.isTokenByte) else {
      throw Refusal(.badRequest, "the first line must be: method, target, version")
    }
    guard parts[1].count <= limits.maximumURIBytes else {
      throw Refusal(.uriTooLong, "the request target is longer than \(limits.maximumURIBytes) bytes: shorten it")
    }
    guard !parts[1].isEmpty, parts[1].allSatisfy({ $0 > 32 && $0 < 127 }) else {
      throw Refusal(.badRequest, "the request target must be percent-encoded ASCII")
    }
    guard parts[2].starts(with: "HTTP/".utf8) else { throw Refusal(.badRequest, "this is not HTTP") }
    method = String(decoding: parts[0], as: UTF8.self)
    uri = String(decoding: parts[1], as: UTF8.self)
    version = String(decoding: parts[2], as: UTF8.self)
    guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
      throw Refusal(.versionNotSupported, "\(version) is not spoken here: use HTTP/1.1")
    }
    headers = parsed.fields
    remoteAddress = origin.remoteAddress
    attachment = origin.attachment
    self.isTLS = isTLS
    (path, query) = Self.split(parts[1])
  }

  /// Origin form, or absolute form with its scheme and authority left out (RFC 9112 §3.2).
  private static func split(_ target: ArraySlice<UInt8>) -> (path: String, query: QueryParameters) {
    var rest = target
    if rest.first != UInt8(ascii: "/"), let colon = rest.firstIndex(of: UInt8(ascii: ":")),
      rest[colon...].starts(with: "://".utf8)
    {
      rest = rest[(colon + 3)...].drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    }
    let question = rest.firstIndex(of: UInt8(ascii: "?"))
    let path = String(decoding: rest[..<(question ?? rest.endIndex)], as: UTF8.self)
    let query = question.map { String(decoding: rest[($0 + 1)...], as: UTF8.self) } ?? ""
    return (path.isEmpty ? "/" : path, QueryParameters(query))
  }
}
