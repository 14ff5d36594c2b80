/// A refusal or a failure, in words for people and in a code for programs.
public struct WeirError: Error, WireJSONMessage, Hashable {
  /// The kind.
  public var code: ErrorCode
  /// One sentence that says what was wrong and what to do.
  public var message: String
  /// Whether the same request can succeed later, unchanged.
  public var retryable: Bool
  /// Not before so many milliseconds from now; 0: no advice.
  public var retryAfterMs: UInt32
  /// With `ErrorCode.staleRevision`: the conversation's current revision.
  public var revision: UInt64
  /// With `ErrorCode.rateLimited` and `ErrorCode.budgetExceeded`: which limit.
  public var limit: LimitState?

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    code: ErrorCode = .unspecified, message: String = "", retryable: Bool = false, retryAfterMs: UInt32 = 0,
    revision: UInt64 = 0, limit: LimitState? = nil
  ) {
    self.code = code
    self.message = message
    self.retryable = retryable
    self.retryAfterMs = retryAfterMs
    self.revision = revision
    self.limit = limit
  }
}
