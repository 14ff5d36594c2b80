package import NIOCore
package import NIOHTTP1

/// A whole response. `HTTPExchangeHandler` adds length, date, request id and the headers that keep browsers safe, so a
/// route names only what is its own.
package struct HTTPResponse: Sendable {
  package var status: HTTPResponseStatus
  package var headers: HTTPHeaders
  package var body: ByteBuffer

  package init(status: HTTPResponseStatus = .ok, headers: HTTPHeaders = [:], body: ByteBuffer = ByteBuffer()) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// Text for people: one sentence, or several lines.
  package static func text(_ text: String, status: HTTPResponseStatus = .ok) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "text/plain; charset=utf-8"],
      body: ByteBuffer(string: text.hasSuffix("\n") ? text : text + "\n"))
  }

  /// JSON that is already text.
  package static func json(_ text: String, status: HTTPResponseStatus = .ok) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "application/json"], body: ByteBuffer(string: text + "\n"))
  }

  /// What every response says unless its route says otherwise: nothing here is a script, a frame or worth caching.
  package static let defaultHeaders: [(name: String, value: String)] = [
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
  ]
}
