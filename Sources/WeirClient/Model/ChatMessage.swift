/// One message of a conversation.
public struct ChatMessage: Sendable, Equatable, Identifiable {
  /// Who wrote a message.
  public enum Role: String, Sendable, Equatable {
    /// Instructions that stand before the conversation.
    case system
    /// The person.
    case user
    /// The model.
    case assistant
    /// The result of a tool.
    case tool
    /// A role that this client has no name for.
    case unknown
  }

  /// What became of a message.
  public enum Status: String, Sendable, Equatable {
    /// It is whole.
    case complete
    /// The answer is still being written.
    case streaming
    /// A person stopped the answer; what had come is kept.
    case stopped
    /// The answer broke off; what had come is kept and can be continued.
    case interrupted
    /// Another answer to the same question has taken this one's place.
    case superseded
    /// A status that this client has no name for.
    case unknown
  }

  /// Its place in the conversation: grows, may have gaps, never changes.
  public var sequence: UInt64
  /// Who wrote it.
  public var role: Role
  /// What it is made of, in order.
  public var parts: [ChatPart]
  /// When the server took it in: milliseconds since 1970-01-01 UTC.
  public var createdAtMs: UInt64
  /// The turn it belongs to.
  public var turnID: UInt64
  /// The sender's own id; empty where none was given.
  public var clientMessageID: String
  /// What became of it.
  public var status: Status
  /// Why the answer ended; answers only.
  public var finishReason: FinishedTurn.Reason?
  /// What the answer cost; answers only.
  public var usage: ChatUsage?
  /// The model that wrote it; answers only.
  public var model: String
  /// Why the answer broke off; interrupted answers only.
  public var error: WeirClientError?
  /// The version of the system prompt that it was written under; answers only, empty without one.
  public var promptVersion = ""
  /// Whether the answer came from the server's cache.
  public var isCached = false
  /// The tools offered with this message: a JSON array in OpenAI's form; empty: none were.
  public var tools = ""

  /// What it says: its text parts, joined.
  public var text: String { parts.joinedText }

  /// The same as `sequence`.
  public var id: UInt64 { sequence }
}

/// A page of messages.
public struct ChatHistoryPage: Sendable, Equatable {
  /// The conversation they belong to.
  public var conversationID: String
  /// In ascending order of sequence.
  public var messages: [ChatMessage]
  /// Whether there are older ones: ask with `before: messages[0].sequence`.
  public var hasMore: Bool
  /// The conversation's revision when the page was read.
  public var revision: UInt64
  /// Turns that wait or run; their text is not in `messages`: `WeirClient.follow(turn:)` brings it.
  public var turns: [ChatTurn]
}

/// What an answer cost.
public struct ChatUsage: Sendable, Equatable {
  /// Tokens read by the model.
  public var inputTokens: UInt64
  /// Tokens written by the model.
  public var outputTokens: UInt64
  /// Of the input tokens, those the provider had cached.
  public var cachedInputTokens: UInt64
  /// Whether the figures are the server's estimate.
  public var isEstimated: Bool
  /// Of the output tokens, those of reasoning.
  public var reasoningTokens: UInt64 = 0
}
