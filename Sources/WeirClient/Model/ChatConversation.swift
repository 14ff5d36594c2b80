/// A conversation, without its messages.
public struct ChatConversation: Sendable, Equatable, Identifiable {
  /// 1 to 64 bytes of `[A-Za-z0-9_-]`.
  public var id: String
  /// Its name for people; may be empty.
  public var title: String
  /// When it was made: milliseconds since 1970-01-01 UTC.
  public var createdAtMs: UInt64
  /// When it last changed: milliseconds since 1970-01-01 UTC.
  public var updatedAtMs: UInt64
  /// Grows with every change to the conversation or its messages.
  public var revision: UInt64
  /// The sequence of its last message; 0 when empty.
  public var lastSequence: UInt64

  /// Creates a description of a conversation.
  public init(
    id: String, title: String = "", createdAtMs: UInt64 = 0, updatedAtMs: UInt64 = 0, revision: UInt64 = 0,
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

/// A conversation that this device now follows.
public struct OpenedConversation: Sendable, Equatable {
  /// The conversation.
  public var conversation: ChatConversation
  /// Whether it was made just now.
  public var isNew: Bool
  /// Turns that wait or run in it; `WeirClient.follow(turn:)` reads one.
  public var turns: [ChatTurn]
}

/// A page of the user's conversations, last changed first.
public struct ConversationPage: Sendable, Equatable {
  /// The conversations.
  public var conversations: [ChatConversation]
  /// For the next page; nil: this was the last.
  public var nextCursor: String?
}

/// Where a turn stands.
public struct ChatTurn: Sendable, Equatable, Identifiable {
  /// What can be known of a turn.
  public enum State: String, Sendable, Equatable {
    /// It waits for its place at a provider, or for the turn before it.
    case queued
    /// The answer streams.
    case running
    /// It has ended; the message in history is the whole answer.
    case finished
    /// It has ended early; the message in history holds the partial text.
    case failed
    /// The server knows no such turn.
    case unknown
  }
  /// The turn; unique within the user.
  public var id: UInt64
  /// The conversation it belongs to.
  public var conversationID: String
  /// Its state.
  public var state: State
  /// The answer's length so far, in bytes of UTF-8.
  public var length: UInt64
}
