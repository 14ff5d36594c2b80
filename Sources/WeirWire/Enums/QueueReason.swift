/// What a turn waits for.
public struct QueueReason: RawRepresentable, Hashable, Sendable {
  /// The number in the schema. Numbers this code does not know are kept.
  public var rawValue: Int32

  /// The value with a number of the schema, known or not.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Not said.
  public static let unspecified = QueueReason(rawValue: 0)
  /// All places at the provider are taken.
  public static let capacity = QueueReason(rawValue: 1)
  /// The provider's rate limit.
  public static let rateLimit = QueueReason(rawValue: 2)
  /// The provider fails; it is being probed.
  public static let providerDown = QueueReason(rawValue: 3)
  /// A first attempt failed; the next one comes.
  public static let retry = QueueReason(rawValue: 4)
  /// Behind another turn of the same conversation.
  public static let conversation = QueueReason(rawValue: 5)
  /// The user's own limit of turns at once.
  public static let userLimit = QueueReason(rawValue: 6)
}

extension QueueReason: SchemaEnum {
  static let names: [StaticString] = [
    "QUEUE_REASON_UNSPECIFIED",
    "QUEUE_REASON_CAPACITY",
    "QUEUE_REASON_RATE_LIMIT",
    "QUEUE_REASON_PROVIDER_DOWN",
    "QUEUE_REASON_RETRY",
    "QUEUE_REASON_CONVERSATION",
    "QUEUE_REASON_USER_LIMIT",
  ]
}
