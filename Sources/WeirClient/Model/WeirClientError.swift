/// What went wrong, in a code for programs and a sentence for people that ends with what to do.
public struct WeirClientError: Error, Sendable, Equatable {
  /// The kinds of failure.
  public enum Code: String, Sendable, Equatable, CaseIterable {
    /// A value given to the client, or a frame, breaks a rule; correct it.
    case invalidArgument = "invalid_argument"
    /// The token is missing, wrong or expired.
    case unauthenticated = "unauthenticated"
    /// The token does not allow this.
    case permissionDenied = "permission_denied"
    /// There is no such conversation, message or turn.
    case notFound = "not_found"
    /// The conversation has moved on; `revision` has the current one.
    case staleRevision = "stale_revision"
    /// An answer is running and the sender chose `.reject`.
    case turnRunning = "turn_running"
    /// The server, or this client's own buffer, is at its limit.
    case overloaded = "overloaded"
    /// This user is at a limit; `limit` says which.
    case rateLimited = "rate_limited"
    /// The message is larger than the server takes.
    case tooLarge = "too_large"
    /// The message could not be made durable.
    case notSaved = "not_saved"
    /// The model's provider failed or could not be reached.
    case upstreamFailed = "upstream_failed"
    /// The model's provider did not answer in time.
    case upstreamTimeout = "upstream_timeout"
    /// The model's provider refused the request.
    case upstreamRejected = "upstream_rejected"
    /// The model's provider is at its limit.
    case upstreamOverloaded = "upstream_overloaded"
    /// The server stopped while the answer ran.
    case interrupted = "interrupted"
    /// The server is shutting down.
    case shuttingDown = "shutting_down"
    /// A fault of the server's own.
    case `internal` = "internal"
    /// Nobody was listening, and the server cancels such answers.
    case abandoned = "abandoned"
    /// The user's tokens for the day or the month are used up; `limit` says which, `retryAfter` when to come back.
    case budgetExceeded = "budget_exceeded"
    /// The turn could not start in its time; nothing was spent.
    case deadlineExceeded = "deadline_exceeded"
    /// The server said something this client has no name for.
    case unknown = "unknown"
    /// No connection could be made.
    case connectionFailed = "connection_failed"
    /// The server is there and refused the WebSocket upgrade; `httpStatus` says how.
    case upgradeRefused = "upgrade_refused"
    /// The connection broke, and the request cannot be repeated safely.
    case connectionLost = "connection_lost"
    /// The server broke the protocol.
    case protocolViolation = "protocol_violation"
    /// No answer came in time.
    case timeout = "timeout"
    /// The client was closed.
    case closed = "closed"
  }

  /// The kind.
  public var code: Code
  /// One sentence: what was wrong, and what to do.
  public var message: String
  /// Whether the same request can succeed later, unchanged.
  public var isRetryable: Bool
  /// Not before so long from now; nil: no advice.
  public var retryAfter: Duration?
  /// With `.staleRevision`: the conversation's current revision.
  public var revision: UInt64?
  /// With `.upgradeRefused`: the HTTP status of the answer.
  public var httpStatus: Int?
  /// With `.rateLimited` and `.budgetExceeded`: which limit of the user's, and what is left of it.
  public var limit: UsageLimit?

  /// Creates an error.
  public init(
    code: Code, message: String, isRetryable: Bool = false, retryAfter: Duration? = nil, revision: UInt64? = nil,
    httpStatus: Int? = nil, limit: UsageLimit? = nil
  ) {
    self.code = code
    self.message = message
    self.isRetryable = isRetryable
    self.retryAfter = retryAfter
    self.revision = revision
    self.httpStatus = httpStatus
    self.limit = limit
  }
}

extension WeirClientError: CustomStringConvertible {
  /// The sentence.
  public var description: String { message }
}
