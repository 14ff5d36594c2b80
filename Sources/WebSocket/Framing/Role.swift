/// The side of a WebSocket connection that this process plays. Only clients mask what they send (RFC 6455 §5.1).
public enum Role: Sendable, Hashable {
  case server
  case client
}

/// What a data message holds (RFC 6455 §5.6).
public enum MessageKind: Sendable, Hashable {
  /// UTF-8 text. Received text has been validated.
  case text
  /// Bytes without a meaning to the protocol.
  case binary

  var opcode: Opcode { self == .text ? .text : .binary }
}
