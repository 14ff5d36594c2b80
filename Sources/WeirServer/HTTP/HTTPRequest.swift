package import NIOCore
package import NIOHTTP1

/// A whole request.
package struct HTTPRequest: Sendable {
  package var method: HTTPMethod
  package var target: RequestTarget
  package var headers: HTTPHeaders
  /// At most `HTTPLimits.bodyBytes`.
  package var body: ByteBuffer
  /// The connection's other end.
  package var remote: SocketAddress?
  /// Names the request in logs; the response carries it as `X-Request-Id`.
  package var requestID: String

  package init(
    method: HTTPMethod, target: RequestTarget, headers: HTTPHeaders = [:], body: ByteBuffer = ByteBuffer(),
    remote: SocketAddress? = nil, requestID: String = RequestID.next()
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.remote = remote
    self.requestID = requestID
  }
}
