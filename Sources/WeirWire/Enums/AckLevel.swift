/// How far a sent message has come.
public struct AckLevel: RawRepresentable, Hashable, Sendable {
  /// The number in the schema. Numbers this code does not know are kept.
  public var rawValue: Int32

  /// The value with a number of the schema, known or not.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Not said: the server uses `AckLevel.durable`.
  public static let unspecified = AckLevel(rawValue: 0)
  /// Received and valid; would be lost if the server crashed now.
  public static let accepted = AckLevel(rawValue: 1)
  /// On disk (fsynced): survives any crash.
  public static let durable = AckLevel(rawValue: 2)
  /// The model has begun to answer.
  public static let started = AckLevel(rawValue: 3)
  /// The answer has ended and is on disk.
  public static let done = AckLevel(rawValue: 4)
}

extension AckLevel: SchemaEnum {
  static let names: [StaticString] = [
    "ACK_LEVEL_UNSPECIFIED",
    "ACK_LEVEL_ACCEPTED",
    "ACK_LEVEL_DURABLE",
    "ACK_LEVEL_STARTED",
    "ACK_LEVEL_DONE",
  ]
}
