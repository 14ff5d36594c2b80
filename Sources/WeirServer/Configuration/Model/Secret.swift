/// A value that must not be seen: its text is there for those who ask for it by name, and for no log, dump or message.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// What is kept secret.
  public let value: String

  /// Keeps `value`.
  public init(_ value: String) {
    self.value = value
  }

  /// Never the value.
  public var description: String { Secret.placeholder }
  /// Never the value.
  public var debugDescription: String { Secret.placeholder }
  /// Nothing to look into.
  public var customMirror: Mirror { Mirror(self, children: []) }

  static let placeholder = "<redacted>"
}
