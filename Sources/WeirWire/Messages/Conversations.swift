/// A conversation, without its messages.
public struct Conversation: WireJSONMessage, Hashable {
  /// Its id: 1 to 64 bytes of [A-Za-z0-9_-].
  public var id: String
  /// Its name for people; empty until someone names it or the first message does.
  public var title: String
  /// When it was made: milliseconds since 1970-01-01 UTC.
  public var createdAtMs: UInt64
  /// When it last changed: milliseconds since 1970-01-01 UTC.
  public var updatedAtMs: UInt64
  /// Grows with every change to the conversation or its messages.
  public var revision: UInt64
  /// The sequence of its last message; 0 when empty.
  public var lastSequence: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    id: String = "", title: String = "", createdAtMs: UInt64 = 0, updatedAtMs: UInt64 = 0, revision: UInt64 = 0,
    lastSequence: UInt64 = 0
  ) {
    self.id = id
    self.title = title
    self.createdAtMs = createdAtMs
    self.updatedAtMs = updatedAtMs
    self.revision = revision
    self.lastSequence = lastSequence
  }
}

/// Makes a conversation, or finds it if it exists, and follows it. The reply is ConversationOpened.
public struct OpenConversation: WireJSONMessage, Hashable {
  /// 1 to 64 bytes of [A-Za-z0-9_-]; empty: the server chooses.
  public var conversationID: String
  /// The name for a new one; ignored if it exists.
  public var title: String

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(conversationID: String = "", title: String = "") {
    self.conversationID = conversationID
    self.title = title
  }
}

/// The reply to OpenConversation. The device now follows the conversation.
public struct ConversationOpened: WireJSONMessage, Hashable {
  /// The conversation.
  public var conversation: Conversation?
  /// True if it was made just now.
  public var created: Bool
  /// Turns that wait or run in it; the device is sent their text from its beginning on.
  public var turns: [TurnStatus]

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(conversation: Conversation? = nil, created: Bool = false, turns: [TurnStatus] = []) {
    self.conversation = conversation
    self.created = created
    self.turns = turns
  }
}

/// Asks for conversations, last changed first. The reply is ConversationList.
public struct ListConversations: WireJSONMessage, Hashable {
  /// At most so many, 1 to 200; 0 means 50.
  public var limit: UInt32
  /// The `nextCursor` of the page before; empty: from the start.
  public var cursor: String

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(limit: UInt32 = 0, cursor: String = "") {
    self.limit = limit
    self.cursor = cursor
  }
}

/// The reply to ListConversations.
public struct ConversationList: WireJSONMessage, Hashable {
  /// Last changed first.
  public var conversations: [Conversation]
  /// For the next page; empty: this was the last.
  public var nextCursor: String

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(conversations: [Conversation] = [], nextCursor: String = "") {
    self.conversations = conversations
    self.nextCursor = nextCursor
  }
}

/// Names a conversation. The reply, to every device of the user, is ConversationChanged.
public struct RenameConversation: WireJSONMessage, Hashable {
  /// Which.
  public var conversationID: String
  /// The new name, at most 512 bytes.
  public var title: String

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(conversationID: String = "", title: String = "") {
    self.conversationID = conversationID
    self.title = title
  }
}

/// A conversation was made, renamed or has moved on; sent to every device of the user.
public struct ConversationChanged: WireJSONMessage, Hashable {
  /// As it is now.
  public var conversation: Conversation?

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(conversation: Conversation? = nil) {
    self.conversation = conversation
  }
}

/// Deletes a conversation. The reply, to every device of the user, is ConversationDeleted.
public struct DeleteConversation: WireJSONMessage, Hashable {
  /// Which.
  public var conversationID: String

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(conversationID: String = "") {
    self.conversationID = conversationID
  }
}

/// A conversation was deleted; sent to every device of the user.
public struct ConversationDeleted: WireJSONMessage, Hashable {
  /// Which.
  public var conversationID: String

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(conversationID: String = "") {
    self.conversationID = conversationID
  }
}
