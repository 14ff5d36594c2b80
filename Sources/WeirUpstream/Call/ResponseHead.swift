/// What counts of an HTTP response's status line and headers.
struct ResponseHead: Sendable, Equatable {
  let status: Int
  /// From `Retry-After`, seconds or date; 0: the provider gave no advice.
  let retryAfterMs: Int

  init(status: Int, retryAfterMs: Int = 0) {
    self.status = status
    self.retryAfterMs = retryAfterMs
  }

  var isSuccess: Bool { 200..<300 ~= status }
}
