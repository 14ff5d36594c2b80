/// What kind of piece some text of an answer belongs to.
public struct PartKind: RawRepresentable, Hashable, Sendable {
  /// The number in the schema. Numbers this code does not know are kept.
  public var rawValue: Int32

  /// The value with a number of the schema, known or not.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Plain text.
  public static let unspecified = PartKind(rawValue: 0)
  /// The model's reasoning.
  public static let reasoning = PartKind(rawValue: 1)
  /// The arguments of a call of a tool, JSON.
  public static let toolCall = PartKind(rawValue: 2)

  /// Plain text: what a kind that is not said means, under a name that says so.
  public static var text: PartKind { .unspecified }
}

extension PartKind: SchemaEnum {
  static let names: [StaticString] = [
    "PART_KIND_UNSPECIFIED",
    "PART_KIND_REASONING",
    "PART_KIND_TOOL_CALL",
  ]
}
