/// What the server does with a message for a conversation whose answer is still running.
public struct ConflictPolicy: RawRepresentable, Hashable, Sendable {
  /// The number in the schema. Numbers this code does not know are kept.
  public var rawValue: Int32

  /// The value with a number of the schema, known or not.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Not said: the server uses `ConflictPolicy.queue`.
  public static let unspecified = ConflictPolicy(rawValue: 0)
  /// Answer it after the running answer has ended.
  public static let queue = ConflictPolicy(rawValue: 1)
  /// Stop the running answer, keep its text, then answer this one.
  public static let interrupt = ConflictPolicy(rawValue: 2)
  /// Refuse this message with `ErrorCode.turnRunning`.
  public static let reject = ConflictPolicy(rawValue: 3)
}

extension ConflictPolicy: SchemaEnum {
  static let names: [StaticString] = [
    "CONFLICT_POLICY_UNSPECIFIED",
    "CONFLICT_POLICY_QUEUE",
    "CONFLICT_POLICY_INTERRUPT",
    "CONFLICT_POLICY_REJECT",
  ]
}
