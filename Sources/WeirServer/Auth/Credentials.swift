package import NIOHTTP1

/// What a request says of who sends it. Nothing in it has been checked.
package struct Credentials: Sendable, Equatable {
  /// The token, from the first place that has one: `Authorization: Bearer`, a subprotocol entry, the query.
  package var token: String?
  /// The name in `?user=`. Counts only while no key is configured.
  package var user: String?
  /// The `Host` header.
  package var host: String?
  /// Whether a proxy says it passed the request on.
  package var cameThroughProxy: Bool

  package init(token: String? = nil, user: String? = nil, host: String? = nil, cameThroughProxy: Bool = false) {
    self.token = token
    self.user = user
    self.host = host
    self.cameThroughProxy = cameThroughProxy
  }

  /// Reads them from a request's headers and target.
  package init(headers: HTTPHeaders, target: RequestTarget) {
    token = Credentials.token(
      authorization: headers.first(name: "authorization"), protocols: headers["sec-websocket-protocol"], target: target)
    user = target.queryValue("user")
    host = headers.first(name: "host")
    cameThroughProxy = Credentials.proxyHeaders.contains { headers.contains(name: $0) }
  }

  /// The token, from the first place that has one.
  static func token(authorization: String?, protocols: [String], target: RequestTarget) -> String? {
    bearer(authorization).flatMap { $0.isEmpty ? nil : $0 } ?? token(inProtocols: protocols)
      ?? target.queryValue("token") ?? target.queryValue("access_token")
  }

  /// Headers that reverse proxies add.
  static let proxyHeaders = ["forwarded", "x-forwarded-for", "x-real-ip", "via"]

  /// Prefixes of subprotocol entries that hold a token: browsers can send no header of their own.
  private static let protocolPrefixes = ["weir.token.", "bearer."]

  /// Whether a subprotocol entry holds a token. Such an entry is never the one the server chooses and echoes.
  package static func isTokenProtocol(_ entry: some StringProtocol) -> Bool {
    protocolPrefixes.contains { entry.hasPrefix($0) }
  }

  /// What an `Authorization` header of the scheme Bearer brings, which may be nothing (RFC 6750 §2.1); the scheme's case
  /// does not matter (RFC 9110 §11.1).
  static func bearer(_ header: String?) -> String? {
    guard let header, let space = header.firstIndex(of: " "), header[..<space].lowercased() == "bearer" else {
      return nil
    }
    return String(header[space...].drop { $0 == " " })
  }

  /// The first token among the entries of the `Sec-WebSocket-Protocol` headers.
  private static func token(inProtocols headers: [String]) -> String? {
    for header in headers {
      for entry in header.utf8.split(separator: UInt8(ascii: ",")) {
        let text = Substring(entry).drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
        for prefix in protocolPrefixes where text.hasPrefix(prefix) && text.utf8.count > prefix.utf8.count {
          return String(text.dropFirst(prefix.count))
        }
      }
    }
    return nil
  }
}
