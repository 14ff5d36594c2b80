/// What became of a message. Only answers have another status than complete.
public struct MessageStatus: RawRepresentable, Hashable, Sendable {
  /// The number in the schema. Numbers this code does not know are kept.
  public var rawValue: Int32

  /// The value with a number of the schema, known or not.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Not said.
  public static let unspecified = MessageStatus(rawValue: 0)
  /// The message is whole.
  public static let complete = MessageStatus(rawValue: 1)
  /// The answer is still being written.
  public static let streaming = MessageStatus(rawValue: 2)
  /// A person stopped the answer; what had come is kept.
  public static let stopped = MessageStatus(rawValue: 3)
  /// The answer broke off (provider, restart); what had come is kept and can be continued.
  public static let interrupted = MessageStatus(rawValue: 4)
  /// Another answer to the same question has taken this one's place (regenerate).
  public static let superseded = MessageStatus(rawValue: 5)
}

extension MessageStatus: SchemaEnum {
  static let names: [StaticString] = [
    "MESSAGE_STATUS_UNSPECIFIED",
    "MESSAGE_STATUS_COMPLETE",
    "MESSAGE_STATUS_STREAMING",
    "MESSAGE_STATUS_STOPPED",
    "MESSAGE_STATUS_INTERRUPTED",
    "MESSAGE_STATUS_SUPERSEDED",
  ]
}
