extension Message {
  static let json = JSONFields<Message>(
    .field("sequence", \.sequence),
    .field("role", \.role),
    .repeated("parts", \.parts),
    .field("createdAtMs", \.createdAtMs),
    .field("turnId", \.turnID),
    .field("clientMessageId", \.clientMessageID),
    .field("status", \.status),
    .field("finishReason", \.finishReason),
    .optional("usage", \.usage),
    .field("model", \.model),
    .optional("error", \.error),
    .field("promptVersion", \.promptVersion),
    .field("cached", \.cached),
    .field("toolsJson", \.toolsJSON))
}

extension Usage {
  static let json = JSONFields<Usage>(
    .field("inputTokens", \.inputTokens),
    .field("outputTokens", \.outputTokens),
    .field("cachedInputTokens", \.cachedInputTokens),
    .field("estimated", \.estimated),
    .field("reasoningTokens", \.reasoningTokens))
}

extension MessageAdded {
  static let json = JSONFields<MessageAdded>(
    .field("conversationId", \.conversationID),
    .optional("message", \.message),
    .field("revision", \.revision))
}

extension GetHistory {
  static let json = JSONFields<GetHistory>(
    .field("conversationId", \.conversationID),
    .field("beforeSequence", \.beforeSequence),
    .field("limit", \.limit))
}

extension HistoryPage {
  static let json = JSONFields<HistoryPage>(
    .field("conversationId", \.conversationID),
    .repeated("messages", \.messages),
    .field("hasMore", \.hasMore),
    .field("revision", \.revision),
    .repeated("turns", \.turns))
}
