import NIOHTTP1
package import WeirWire

extension OpenAIError {
  /// An error of the core, in this API's words.
  package init(_ error: WeirError) {
    let (status, type, code) = Self.words(for: error)
    self.init(
      status, error.message.isEmpty ? "The server gave no reason; try again." : error.message, type: type, code: code,
      isRetryable: error.retryable, retryAfterMs: error.retryAfterMs)
    limit = error.limit
    if error.code == .notFound { param = "model" }
  }

  /// Why a request has no user.
  package init(_ error: AuthError) {
    let status = HTTPResponseStatus(statusCode: error.httpStatus)
    self.init(
      status, "\(error)", type: status == .forbidden ? "permission_error" : Self.invalidRequest,
      code: status == .unauthorized ? "invalid_api_key" : nil)
  }

  private static func words(for error: WeirError) -> (HTTPResponseStatus, type: String, code: String?) {
    switch error.code {
    case .invalidArgument: (.badRequest, invalidRequest, nil)
    case .unauthenticated: (.unauthorized, invalidRequest, "invalid_api_key")
    case .permissionDenied: (.forbidden, "permission_error", "permission_denied")
    case .notFound: (.notFound, invalidRequest, "model_not_found")
    case .staleRevision, .turnRunning: (.conflict, invalidRequest, "conflict")
    case .tooLarge: (.payloadTooLarge, invalidRequest, "request_too_large")
    case .rateLimited: (.tooManyRequests, error.limit.map(unit) ?? "requests", "rate_limit_exceeded")
    case .budgetExceeded: (.tooManyRequests, "insufficient_quota", "insufficient_quota")
    case .overloaded: (.serviceUnavailable, server, "overloaded")
    case .upstreamOverloaded: (.serviceUnavailable, server, "upstream_overloaded")
    case .shuttingDown: (.serviceUnavailable, server, "shutting_down")
    case .interrupted, .abandoned: (.serviceUnavailable, server, "interrupted")
    case .upstreamFailed: (.badGateway, server, "upstream_failed")
    case .upstreamRejected: (.badGateway, server, "upstream_rejected")
    case .upstreamTimeout: (.gatewayTimeout, server, "upstream_timeout")
    case .deadlineExceeded: (.gatewayTimeout, server, "deadline_exceeded")
    case .notSaved: (.internalServerError, server, "not_saved")
    default: (.internalServerError, server, "internal_error")
    }
  }
}
