/// What kind of thing went wrong. The comment says what to do about it.
public struct ErrorCode: RawRepresentable, Hashable, Sendable {
  /// The number in the schema. Numbers this code does not know are kept.
  public var rawValue: Int32

  /// The value with a number of the schema, known or not.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Not said.
  public static let unspecified = ErrorCode(rawValue: 0)
  /// The frame does not follow the schema or breaks a limit; correct it and send again.
  public static let invalidArgument = ErrorCode(rawValue: 1)
  /// The token is missing, wrong or expired; connect again with a valid one.
  public static let unauthenticated = ErrorCode(rawValue: 2)
  /// The token does not allow this.
  public static let permissionDenied = ErrorCode(rawValue: 3)
  /// There is no such conversation, message or turn.
  public static let notFound = ErrorCode(rawValue: 4)
  /// The conversation has moved on; `revision` has the current one. Read the news, then send again.
  public static let staleRevision = ErrorCode(rawValue: 5)
  /// An answer is running and the sender chose `ConflictPolicy.reject`.
  public static let turnRunning = ErrorCode(rawValue: 6)
  /// The server is at a limit of its own; try again after `retryAfterMs`.
  public static let overloaded = ErrorCode(rawValue: 7)
  /// This user is at a limit; try again after `retryAfterMs`.
  public static let rateLimited = ErrorCode(rawValue: 8)
  /// The message is larger than the server takes.
  public static let tooLarge = ErrorCode(rawValue: 9)
  /// The message could not be made durable; it is not acknowledged. Send it again with the same id.
  public static let notSaved = ErrorCode(rawValue: 10)
  /// The provider failed or could not be reached.
  public static let upstreamFailed = ErrorCode(rawValue: 11)
  /// The provider did not answer in time.
  public static let upstreamTimeout = ErrorCode(rawValue: 12)
  /// The provider refused the request; the operator must look at key, model or configuration.
  public static let upstreamRejected = ErrorCode(rawValue: 13)
  /// The provider is at its limit; try again after `retryAfterMs`.
  public static let upstreamOverloaded = ErrorCode(rawValue: 14)
  /// The server stopped while the answer ran; what had come is kept.
  public static let interrupted = ErrorCode(rawValue: 15)
  /// The server is shutting down; connect again after `retryAfterMs`.
  public static let shuttingDown = ErrorCode(rawValue: 16)
  /// A fault of the server's own.
  public static let `internal` = ErrorCode(rawValue: 17)
  /// Nobody was listening, and the server is configured to cancel such answers.
  public static let abandoned = ErrorCode(rawValue: 18)
  /// The user's tokens for the day or the month are used up; come back after `retryAfterMs`.
  public static let budgetExceeded = ErrorCode(rawValue: 19)
  /// The turn could not start in its time; nothing was spent. Send it again.
  public static let deadlineExceeded = ErrorCode(rawValue: 20)
}

extension ErrorCode: SchemaEnum {
  static let names: [StaticString] = [
    "ERROR_CODE_UNSPECIFIED",
    "ERROR_CODE_INVALID_ARGUMENT",
    "ERROR_CODE_UNAUTHENTICATED",
    "ERROR_CODE_PERMISSION_DENIED",
    "ERROR_CODE_NOT_FOUND",
    "ERROR_CODE_STALE_REVISION",
    "ERROR_CODE_TURN_RUNNING",
    "ERROR_CODE_OVERLOADED",
    "ERROR_CODE_RATE_LIMITED",
    "ERROR_CODE_TOO_LARGE",
    "ERROR_CODE_NOT_SAVED",
    "ERROR_CODE_UPSTREAM_FAILED",
    "ERROR_CODE_UPSTREAM_TIMEOUT",
    "ERROR_CODE_UPSTREAM_REJECTED",
    "ERROR_CODE_UPSTREAM_OVERLOADED",
    "ERROR_CODE_INTERRUPTED",
    "ERROR_CODE_SHUTTING_DOWN",
    "ERROR_CODE_INTERNAL",
    "ERROR_CODE_ABANDONED",
    "ERROR_CODE_BUDGET_EXCEEDED",
    "ERROR_CODE_DEADLINE_EXCEEDED",
  ]
}
