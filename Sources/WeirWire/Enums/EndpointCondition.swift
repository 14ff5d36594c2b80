/// Whether an endpoint is given calls.
public struct EndpointCondition: RawRepresentable, Hashable, Sendable {
  /// The number in the schema. Numbers this code does not know are kept.
  public var rawValue: Int32

  /// The value with a number of the schema, known or not.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Not said.
  public static let unspecified = EndpointCondition(rawValue: 0)
  /// It answers; its circuit breaker is closed.
  public static let well = EndpointCondition(rawValue: 1)
  /// It asked for a pause.
  public static let held = EndpointCondition(rawValue: 2)
  /// It failed, and one call at a time is tried; the breaker is half open.
  public static let probed = EndpointCondition(rawValue: 3)
  /// It fails and is left alone; the breaker is open.
  public static let failing = EndpointCondition(rawValue: 4)
}

extension EndpointCondition: SchemaEnum {
  static let names: [StaticString] = [
    "ENDPOINT_CONDITION_UNSPECIFIED",
    "ENDPOINT_CONDITION_WELL",
    "ENDPOINT_CONDITION_HELD",
    "ENDPOINT_CONDITION_PROBED",
    "ENDPOINT_CONDITION_FAILING",
  ]
}
