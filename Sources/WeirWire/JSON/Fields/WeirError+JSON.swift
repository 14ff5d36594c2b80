extension WeirError {
  static let json = JSONFields<WeirError>(
    .field("code", \.code),
    .field("message", \.message),
    .field("retryable", \.retryable),
    .field("retryAfterMs", \.retryAfterMs),
    .field("revision", \.revision),
    .optional("limit", \.limit))
}
