import NIOHTTP1
package import WebSocket

/// Lets pages of other sites read the answers of some paths (the Fetch standard's CORS protocol): those that the operator
/// has allowed to connect as devices, and no others. Cookies are never part of it; a page brings a token of its own.
package struct CrossOrigin: Sendable {
  private let origins: OriginPolicy
  /// Paths that begin so; the others are of this server's own pages.
  private let prefix: String

  /// - Parameter origins: with `.sameHost`, pages of other sites may read nothing.
  package init(_ origins: OriginPolicy, below prefix: String) {
    self.origins = origins
    self.prefix = prefix
  }

  /// What is added to the answer of a request.
  func headers(_ head: HTTPRequestHead, path: String) -> [(name: String, value: String)] {
    guard path.hasPrefix(prefix), origins != .sameHost else { return [] }
    // What is kept between for one page is not for another.
    let vary = (name: "Vary", value: "Origin")
    let asked = head.headers["origin"]
    guard asked.count == 1, origins.allows(origins: asked, host: "") else { return origins == .any ? [] : [vary] }
    var headers = [("Access-Control-Allow-Origin", origins == .any ? "*" : asked[0])]
    if origins != .any { headers.append(vary) }
    if head.method == .OPTIONS {
      headers += [
        ("Access-Control-Allow-Methods", "GET, HEAD, POST"),
        ("Access-Control-Allow-Headers", Self.requestHeaders), ("Access-Control-Max-Age", "600"),
      ]
    } else {
      headers.append(("Access-Control-Expose-Headers", "Retry-After, X-Request-Id"))
    }
    return headers
  }

  /// What this API reads, and what the official clients send along.
  private static let requestHeaders = [
    "Authorization", "Content-Type", "X-Weir-Lane", "X-Weir-No-Cache", "Traceparent", "OpenAI-Organization",
    "OpenAI-Project", "X-Stainless-Arch", "X-Stainless-Lang", "X-Stainless-OS", "X-Stainless-Package-Version",
    "X-Stainless-Retry-Count", "X-Stainless-Runtime", "X-Stainless-Runtime-Version", "X-Stainless-Timeout",
  ].joined(separator: ", ")
}
