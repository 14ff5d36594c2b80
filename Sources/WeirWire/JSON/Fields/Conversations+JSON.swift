extension Conversation {
  static let json = JSONFields<Conversation>(
    .field("id", \.id),
    .field("title", \.title),
    .field("createdAtMs", \.createdAtMs),
    .field("updatedAtMs", \.updatedAtMs),
    .field("revision", \.revision),
    .field("lastSequence", \.lastSequence))
}

extension OpenConversation {
  static let json = JSONFields<OpenConversation>(
    .field("conversationId", \.conversationID),
    .field("title", \.title))
}

extension ConversationOpened {
  static let json = JSONFields<ConversationOpened>(
    .optional("conversation", \.conversation),
    .field("created", \.created),
    .repeated("turns", \.turns))
}

extension ListConversations {
  static let json = JSONFields<ListConversations>(
    .field("limit", \.limit),
    .field("cursor", \.cursor))
}

extension ConversationList {
  static let json = JSONFields<ConversationList>(
    .repeated("conversations", \.conversations),
    .field("nextCursor", \.nextCursor))
}

extension RenameConversation {
  static let json = JSONFields<RenameConversation>(
    .field("conversationId", \.conversationID),
    .field("title", \.title))
}

extension ConversationChanged {
  static let json = JSONFields<ConversationChanged>(
    .optional("conversation", \.conversation))
}

extension DeleteConversation {
  static let json = JSONFields<DeleteConversation>(
    .field("conversationId", \.conversationID))
}

extension ConversationDeleted {
  static let json = JSONFields<ConversationDeleted>(
    .field("conversationId", \.conversationID))
}
