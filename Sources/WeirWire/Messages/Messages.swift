/// One entry of a conversation.
public struct Message: WireJSONMessage, Hashable {
  /// Its place in the conversation: grows, may have gaps, never changes.
  public var sequence: UInt64
  /// Who wrote it.
  public var role: Role
  /// What it says.
  public var parts: [Part]
  /// When the server took it in (user) or finished it (assistant): milliseconds since 1970-01-01 UTC.
  public var createdAtMs: UInt64
  /// The turn it belongs to; unique within the user.
  public var turnID: UInt64
  /// The sender's own id, where one was given.
  public var clientMessageID: String
  /// Whole, running, stopped, interrupted or superseded.
  public var status: MessageStatus
  /// Why the answer ended; answers only.
  public var finishReason: FinishReason
  /// What the answer cost; answers only.
  public var usage: Usage?
  /// The model that wrote it; answers only.
  public var model: String
  /// Why the answer broke off; interrupted answers only.
  public var error: WeirError?
  /// The version of the system prompt that it was written under; answers only, empty without one.
  public var promptVersion: String
  /// The answer came from the cache.
  public var cached: Bool
  /// The tools offered with this message, a JSON array in OpenAI's form.
  public var toolsJSON: String

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    sequence: UInt64 = 0, role: Role = .unspecified, parts: [Part] = [], createdAtMs: UInt64 = 0, turnID: UInt64 = 0,
    clientMessageID: String = "", status: MessageStatus = .unspecified, finishReason: FinishReason = .unspecified,
    usage: Usage? = nil, model: String = "", error: WeirError? = nil, promptVersion: String = "", cached: Bool = false,
    toolsJSON: String = ""
  ) {
    self.sequence = sequence
    self.role = role
    self.parts = parts
    self.createdAtMs = createdAtMs
    self.turnID = turnID
    self.clientMessageID = clientMessageID
    self.status = status
    self.finishReason = finishReason
    self.usage = usage
    self.model = model
    self.error = error
    self.promptVersion = promptVersion
    self.cached = cached
    self.toolsJSON = toolsJSON
  }
}

/// What an answer cost.
public struct Usage: WireJSONMessage, Hashable {
  /// Tokens read by the model.
  public var inputTokens: UInt64
  /// Tokens written by the model.
  public var outputTokens: UInt64
  /// Of the input tokens, those the provider had cached.
  public var cachedInputTokens: UInt64
  /// True where the provider gave no figures and Weir estimated.
  public var estimated: Bool
  /// Of the output tokens, those of reasoning.
  public var reasoningTokens: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    inputTokens: UInt64 = 0, outputTokens: UInt64 = 0, cachedInputTokens: UInt64 = 0, estimated: Bool = false,
    reasoningTokens: UInt64 = 0
  ) {
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.cachedInputTokens = cachedInputTokens
    self.estimated = estimated
    self.reasoningTokens = reasoningTokens
  }
}

/// A message was added to a conversation that this device follows.
public struct MessageAdded: WireJSONMessage, Hashable {
  /// Which conversation.
  public var conversationID: String
  /// The message.
  public var message: Message?
  /// The conversation's revision after it.
  public var revision: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(conversationID: String = "", message: Message? = nil, revision: UInt64 = 0) {
    self.conversationID = conversationID
    self.message = message
    self.revision = revision
  }
}

/// Asks for messages, newest page first, each page in ascending order. The reply is HistoryPage.
public struct GetHistory: WireJSONMessage, Hashable {
  /// Which conversation.
  public var conversationID: String
  /// Only messages with a lower sequence; 0: from the newest.
  public var beforeSequence: UInt64
  /// At most so many, 1 to 500; 0 means 50.
  public var limit: UInt32

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(conversationID: String = "", beforeSequence: UInt64 = 0, limit: UInt32 = 0) {
    self.conversationID = conversationID
    self.beforeSequence = beforeSequence
    self.limit = limit
  }
}

/// The reply to GetHistory.
public struct HistoryPage: WireJSONMessage, Hashable {
  /// Which conversation.
  public var conversationID: String
  /// In ascending order of sequence.
  public var messages: [Message]
  /// True if there are older ones: ask with `beforeSequence: messages[0].sequence`.
  public var hasMore: Bool
  /// The conversation's revision when the page was read.
  public var revision: UInt64
  /// Turns that wait or run; their text so far is not in `messages`: subscribe to get it.
  public var turns: [TurnStatus]

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    conversationID: String = "", messages: [Message] = [], hasMore: Bool = false, revision: UInt64 = 0,
    turns: [TurnStatus] = []
  ) {
    self.conversationID = conversationID
    self.messages = messages
    self.hasMore = hasMore
    self.revision = revision
    self.turns = turns
  }
}
