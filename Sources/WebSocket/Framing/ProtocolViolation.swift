/// The peer broke a rule: the connection is failed with `code` (RFC 6455 §7.1.7) and `reason` tells a person why.
struct ProtocolViolation: Error, Equatable {
  let code: CloseCode
  let reason: String

  static func protocolError(_ reason: String) -> ProtocolViolation { .init(code: .protocolError, reason: reason) }
  static func invalidPayload(_ reason: String) -> ProtocolViolation { .init(code: .invalidPayload, reason: reason) }
  static func policy(_ reason: String) -> ProtocolViolation { .init(code: .policyViolation, reason: reason) }
  static func tooBig(_ reason: String) -> ProtocolViolation { .init(code: .messageTooBig, reason: reason) }
}
