/// Why an answer ended.
public struct FinishReason: RawRepresentable, Hashable, Sendable {
  /// The number in the schema. Numbers this code does not know are kept.
  public var rawValue: Int32

  /// The value with a number of the schema, known or not.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Not said.
  public static let unspecified = FinishReason(rawValue: 0)
  /// The model had said all it wanted to.
  public static let complete = FinishReason(rawValue: 1)
  /// The model reached its limit of tokens.
  public static let length = FinishReason(rawValue: 2)
  /// The provider withheld the rest.
  public static let contentFilter = FinishReason(rawValue: 3)
  /// The model asks for a tool.
  public static let toolCalls = FinishReason(rawValue: 4)
  /// A device stopped it.
  public static let stopped = FinishReason(rawValue: 5)
}

extension FinishReason: SchemaEnum {
  static let names: [StaticString] = [
    "FINISH_REASON_UNSPECIFIED",
    "FINISH_REASON_COMPLETE",
    "FINISH_REASON_LENGTH",
    "FINISH_REASON_CONTENT_FILTER",
    "FINISH_REASON_TOOL_CALLS",
    "FINISH_REASON_STOPPED",
  ]
}
