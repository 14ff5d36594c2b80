package import NIOCore
package import NIOHTTP1
package import WeirWire

/// A refusal or a failure, as this API tells it: an HTTP status, and an `error` object in the body or in the stream.
package struct OpenAIError: Error, Sendable, Equatable {
  package var status: HTTPResponseStatus
  /// One sentence that says what was wrong and what to do.
  package var message: String
  /// The kind: `invalid_request_error`, `server_error`, …
  package var type: String
  /// The field that is wrong.
  package var param: String?
  /// The kind, finer.
  package var code: String?
  /// Whether the same request can succeed later, unchanged. The official clients ask again only then.
  package var isRetryable: Bool
  /// Not before so many milliseconds; 0: no advice.
  package var retryAfterMs: UInt32 = 0
  /// Which limit was met.
  package var limit: LimitState?

  package init(
    _ status: HTTPResponseStatus, _ message: String, type: String, param: String? = nil, code: String? = nil,
    isRetryable: Bool = false, retryAfterMs: UInt32 = 0
  ) {
    self.status = status
    self.message = message
    self.type = type
    self.param = param
    self.code = code
    self.isRetryable = isRetryable
    self.retryAfterMs = retryAfterMs
  }

  package init(_ error: InvalidRequest) {
    self.init(.badRequest, error.message, type: Self.invalidRequest, param: error.param)
  }

  /// There is no model of this name.
  package static func unknownModel(_ name: String, known: [String]) -> OpenAIError {
    let list = known.prefix(20).joined(separator: ", ")
    return OpenAIError(
      .notFound, "There is no model \(AuthError.cleaned(name)) here; ask for one of \(list).", type: invalidRequest,
      param: "model", code: "model_not_found")
  }

  static let invalidRequest = "invalid_request_error"
  static let server = "server_error"

  /// The error as a body: `{"error":{…}}`.
  package func appendBody(to buffer: inout ByteBuffer) {
    buffer.writeStaticString("{\"error\":{\"message\":")
    JSONBytes.append(message, to: &buffer)
    buffer.writeStaticString(",\"type\":")
    JSONBytes.append(type, to: &buffer)
    buffer.writeStaticString(",\"param\":")
    JSONBytes.append(param, to: &buffer)
    buffer.writeStaticString(",\"code\":")
    JSONBytes.append(code, to: &buffer)
    buffer.writeStaticString("}}")
  }

  /// The error as a whole response.
  package var response: HTTPResponse {
    var body = ByteBuffer()
    appendBody(to: &body)
    body.writeStaticString("\n")
    var headers: HTTPHeaders = ["Content-Type": "application/json", "X-Should-Retry": isRetryable ? "true" : "false"]
    if retryAfterMs > 0 {
      headers.add(name: "Retry-After", value: "\((retryAfterMs - 1) / 1000 + 1)")
      headers.add(name: "Retry-After-Ms", value: "\(retryAfterMs)")
    }
    if status == .unauthorized { headers.add(name: "WWW-Authenticate", value: "Bearer") }
    if let limit {
      let unit = Self.unit(of: limit)
      headers.add(name: "x-ratelimit-limit-\(unit)", value: "\(limit.limit)")
      headers.add(name: "x-ratelimit-remaining-\(unit)", value: "\(limit.remaining)")
      headers.add(name: "x-ratelimit-reset-\(unit)", value: Self.span(milliseconds: limit.resetAfterMs))
    }
    return HTTPResponse(status: status, headers: headers, body: body)
  }

  /// What a limit counts, in this API's words.
  static func unit(of limit: LimitState) -> String { limit.name.hasPrefix("tokens") ? "tokens" : "requests" }

  /// A span of time as this API's headers have it: `6m0s`, `1s`, `20ms`.
  static func span(milliseconds: UInt64) -> String {
    if milliseconds < 1000 { return "\(milliseconds)ms" }
    let seconds = (milliseconds - 1) / 1000 + 1
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return (hours > 0 ? "\(hours)h" : "") + (seconds >= 60 ? "\(minutes)m" : "") + "\(seconds % 60)s"
  }
}
