import Foundation
import NIOCore
import NIOHTTP1
import Testing
import WeirWire

@testable import WeirServer

@Suite("Errors in OpenAI's form")
struct OpenAIErrorTests {
  @Test(
    "every error of the core has its status and code",
    arguments: [
      (.invalidArgument, 400, nil), (.unauthenticated, 401, "invalid_api_key"),
      (.permissionDenied, 403, "permission_denied"), (.notFound, 404, "model_not_found"),
      (.staleRevision, 409, "conflict"), (.turnRunning, 409, "conflict"), (.overloaded, 503, "overloaded"),
      (.rateLimited, 429, "rate_limit_exceeded"), (.tooLarge, 413, "request_too_large"), (.notSaved, 500, "not_saved"),
      (.upstreamFailed, 502, "upstream_failed"), (.upstreamTimeout, 504, "upstream_timeout"),
      (.upstreamRejected, 502, "upstream_rejected"), (.upstreamOverloaded, 503, "upstream_overloaded"),
      (.interrupted, 503, "interrupted"), (.shuttingDown, 503, "shutting_down"), (.internal, 500, "internal_error"),
      (.abandoned, 503, "interrupted"), (.budgetExceeded, 429, "insufficient_quota"),
      (.deadlineExceeded, 504, "deadline_exceeded"), (.unspecified, 500, "internal_error"),
      (ErrorCode(rawValue: 99), 500, "internal_error"),
    ] as [(ErrorCode, Int, String?)])
  func codes(code: ErrorCode, status: Int, name: String?) {
    let error = OpenAIError(WeirError(code: code, message: "Sorry."))
    #expect(Int(error.status.code) == status && error.code == name)
  }

  @Test("when to come back is said in all the ways clients look for it")
  func retryAfter() {
    let headers = OpenAIError(
      WeirError(code: .overloaded, message: "Full.", retryable: true, retryAfterMs: 1001)
    ).response.headers
    #expect(headers["retry-after"] == ["2"] && headers["retry-after-ms"] == ["1001"])
    #expect(headers["x-should-retry"] == ["true"])
    let never = OpenAIError(WeirError(code: .upstreamRejected, message: "No.")).response.headers
    #expect(never["retry-after"] == [] && never["x-should-retry"] == ["false"])
  }

  @Test("a limit is told in headers: requests and tokens apart")
  func limits() {
    var error = WeirError(code: .rateLimited, message: "Slow down.", retryable: true, retryAfterMs: 500)
    error.limit = LimitState(name: "turns_per_minute", limit: 20, remaining: 0, resetAfterMs: 361_001)
    let requests = OpenAIError(error)
    #expect(requests.type == "requests")
    #expect(requests.response.headers["x-ratelimit-limit-requests"] == ["20"])
    #expect(requests.response.headers["x-ratelimit-remaining-requests"] == ["0"])
    #expect(requests.response.headers["x-ratelimit-reset-requests"] == ["6m2s"])
    error.code = .budgetExceeded
    error.limit = LimitState(name: "tokens_per_day", limit: 1000, remaining: 5, resetAfterMs: 7_200_000)
    let tokens = OpenAIError(error)
    #expect(tokens.type == "insufficient_quota")
    #expect(tokens.response.headers["x-ratelimit-remaining-tokens"] == ["5"])
    #expect(tokens.response.headers["x-ratelimit-reset-tokens"] == ["2h0m0s"])
  }

  @Test(
    "spans of time", arguments: [(0, "0ms"), (999, "999ms"), (1000, "1s"), (60_000, "1m0s"), (3_600_000, "1h0m0s")])
  func spans(milliseconds: UInt64, text: String) {
    #expect(OpenAIError.span(milliseconds: milliseconds) == text)
  }

  @Test("the body is valid JSON whatever the message")
  func body() throws {
    let error = OpenAIError(InvalidRequest("Bad \"x\"\n\u{1}", param: "messages[0]"))
    let response = error.response
    let object = try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any]
    let told = try #require(object?["error"] as? [String: Any])
    #expect(told["message"] as? String == "Bad \"x\"\n\u{1}" && told["param"] as? String == "messages[0]")
    #expect(told["type"] as? String == "invalid_request_error" && told["code"] is NSNull)
    #expect(response.status == .badRequest)
  }

  @Test("a request without a good token is told so in this form")
  func authentication() {
    let error = OpenAIError(AuthError.badSignature)
    #expect(error.status == .unauthorized && error.code == "invalid_api_key")
    #expect(error.response.headers["www-authenticate"] == ["Bearer"])
    #expect(OpenAIError(AuthError.notLoopback).status == .forbidden)
  }
}
