extension SubscribeTurn {
  static let json = JSONFields<SubscribeTurn>(
    .field("turnId", \.turnID),
    .field("offset", \.offset))
}

extension Subscribed {
  static let json = JSONFields<Subscribed>(
    .optional("status", \.status),
    .field("offset", \.offset),
    .optional("message", \.message))
}

extension UnsubscribeTurn {
  static let json = JSONFields<UnsubscribeTurn>(
    .field("turnId", \.turnID))
}

extension Delta {
  static let json = JSONFields<Delta>(
    .field("turnId", \.turnID),
    .field("offset", \.offset),
    .field("text", \.text),
    .field("kind", \.kind),
    .field("toolCallId", \.toolCallID),
    .field("toolName", \.toolName))
}
