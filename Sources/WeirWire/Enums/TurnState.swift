/// The state of a turn.
public struct TurnState: RawRepresentable, Hashable, Sendable {
  /// The number in the schema. Numbers this code does not know are kept.
  public var rawValue: Int32

  /// The value with a number of the schema, known or not.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Not said.
  public static let unspecified = TurnState(rawValue: 0)
  /// Waits for its place at a provider, or for the turn before it.
  public static let queued = TurnState(rawValue: 1)
  /// The answer streams.
  public static let running = TurnState(rawValue: 2)
  /// Ended; the message in history is the whole answer.
  public static let finished = TurnState(rawValue: 3)
  /// Ended early; the message in history holds the partial text.
  public static let failed = TurnState(rawValue: 4)
  /// The server knows no such turn.
  public static let unknown = TurnState(rawValue: 5)
}

extension TurnState: SchemaEnum {
  static let names: [StaticString] = [
    "TURN_STATE_UNSPECIFIED",
    "TURN_STATE_QUEUED",
    "TURN_STATE_RUNNING",
    "TURN_STATE_FINISHED",
    "TURN_STATE_FAILED",
    "TURN_STATE_UNKNOWN",
  ]
}
