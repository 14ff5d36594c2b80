/// Who wrote a message.
public struct Role: RawRepresentable, Hashable, Sendable {
  /// The number in the schema. Numbers this code does not know are kept.
  public var rawValue: Int32

  /// The value with a number of the schema, known or not.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Not said.
  public static let unspecified = Role(rawValue: 0)
  /// Instructions that stand before the conversation.
  public static let system = Role(rawValue: 1)
  /// The person.
  public static let user = Role(rawValue: 2)
  /// The model.
  public static let assistant = Role(rawValue: 3)
  /// The result of a tool.
  public static let tool = Role(rawValue: 4)
}

extension Role: SchemaEnum {
  static let names: [StaticString] = [
    "ROLE_UNSPECIFIED",
    "ROLE_SYSTEM",
    "ROLE_USER",
    "ROLE_ASSISTANT",
    "ROLE_TOOL",
  ]
}
