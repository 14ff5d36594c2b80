extension SendMessage {
  static let json = JSONFields<SendMessage>(
    .field("conversationId", \.conversationID),
    .field("clientMessageId", \.clientMessageID),
    .repeated("parts", \.parts),
    .optional("expectedRevision", \.expectedRevision),
    .field("onConflict", \.onConflict),
    .repeated("acks", \.acks),
    .field("model", \.model),
    .field("lane", \.lane),
    .field("deadlineMs", \.deadlineMs),
    .field("toolsJson", \.toolsJSON),
    .field("noCache", \.noCache))
}

extension Ack {
  static let json = JSONFields<Ack>(
    .field("clientMessageId", \.clientMessageID),
    .field("level", \.level),
    .field("conversationId", \.conversationID),
    .field("sequence", \.sequence),
    .field("turnId", \.turnID),
    .field("revision", \.revision),
    .field("duplicate", \.duplicate))
}
