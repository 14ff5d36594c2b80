/// Where a turn stands.
public struct TurnStatus: WireJSONMessage, Hashable {
  /// The turn.
  public var turnID: UInt64
  /// The conversation it belongs to.
  public var conversationID: String
  /// Its state.
  public var state: TurnState
  /// The answer's length so far, in bytes of UTF-8.
  public var length: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(turnID: UInt64 = 0, conversationID: String = "", state: TurnState = .unspecified, length: UInt64 = 0) {
    self.turnID = turnID
    self.conversationID = conversationID
    self.state = state
    self.length = length
  }
}

/// An answer begins. Devices that follow the conversation are subscribed from `offset` on.
public struct TurnStarted: WireJSONMessage, Hashable {
  /// The turn; unique within the user.
  public var turnID: UInt64
  /// The conversation.
  public var conversationID: String
  /// The sequence of the user message it answers.
  public var questionSequence: UInt64
  /// The sequence the answer will have.
  public var answerSequence: UInt64
  /// The model that answers.
  public var model: String
  /// The turn this one goes on with; 0: none.
  public var continuesTurnID: UInt64
  /// The turn whose answer this one replaces; 0: none.
  public var replacesTurnID: UInt64
  /// The offset of the first new byte: the length of the text it goes on with, else 0.
  public var offset: UInt64
  /// The answer comes from the cache.
  public var cached: Bool

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    turnID: UInt64 = 0, conversationID: String = "", questionSequence: UInt64 = 0, answerSequence: UInt64 = 0,
    model: String = "", continuesTurnID: UInt64 = 0, replacesTurnID: UInt64 = 0, offset: UInt64 = 0,
    cached: Bool = false
  ) {
    self.turnID = turnID
    self.conversationID = conversationID
    self.questionSequence = questionSequence
    self.answerSequence = answerSequence
    self.model = model
    self.continuesTurnID = continuesTurnID
    self.replacesTurnID = replacesTurnID
    self.offset = offset
    self.cached = cached
  }
}

/// A turn waits. Sent at a bounded rate while that changes.
public struct QueuePosition: WireJSONMessage, Hashable {
  /// The turn.
  public var turnID: UInt64
  /// How many turns go before it; 0: it is next.
  public var position: UInt32
  /// The lane it waits in.
  public var lane: String
  /// Milliseconds until it starts, estimated; 0: not known.
  public var estimateMs: UInt32
  /// What it waits for.
  public var reason: QueueReason

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    turnID: UInt64 = 0, position: UInt32 = 0, lane: String = "", estimateMs: UInt32 = 0,
    reason: QueueReason = .unspecified
  ) {
    self.turnID = turnID
    self.position = position
    self.lane = lane
    self.estimateMs = estimateMs
    self.reason = reason
  }
}

/// The endpoint that wrote an answer broke off in the middle, and another one goes on with it. The text before the
/// seam stands; style and thought may change there.
public struct TurnSeam: WireJSONMessage, Hashable {
  /// The turn.
  public var turnID: UInt64
  /// The text from here on, in bytes of the answer, is by another endpoint.
  public var offset: UInt64
  /// Why the first one broke off.
  public var reason: WeirError?
  /// The name of the endpoint that broke off.
  public var fromEndpoint: String
  /// The name of the endpoint that goes on.
  public var toEndpoint: String

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    turnID: UInt64 = 0, offset: UInt64 = 0, reason: WeirError? = nil, fromEndpoint: String = "",
    toEndpoint: String = ""
  ) {
    self.turnID = turnID
    self.offset = offset
    self.reason = reason
    self.fromEndpoint = fromEndpoint
    self.toEndpoint = toEndpoint
  }
}

/// An answer has ended well or was stopped, and is durable.
public struct TurnFinished: WireJSONMessage, Hashable {
  /// The turn.
  public var turnID: UInt64
  /// The conversation.
  public var conversationID: String
  /// Why it ended.
  public var reason: FinishReason
  /// What it cost.
  public var usage: Usage?
  /// The answer's place in the conversation.
  public var sequence: UInt64
  /// The answer's length in bytes of UTF-8.
  public var length: UInt64
  /// The conversation's revision after it.
  public var revision: UInt64
  /// The answer came from the cache.
  public var cached: Bool

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    turnID: UInt64 = 0, conversationID: String = "", reason: FinishReason = .unspecified, usage: Usage? = nil,
    sequence: UInt64 = 0, length: UInt64 = 0, revision: UInt64 = 0, cached: Bool = false
  ) {
    self.turnID = turnID
    self.conversationID = conversationID
    self.reason = reason
    self.usage = usage
    self.sequence = sequence
    self.length = length
    self.revision = revision
    self.cached = cached
  }
}

/// An answer has broken off. What had come is kept if `partialKept`, and can be continued.
public struct TurnFailed: WireJSONMessage, Hashable {
  /// The turn.
  public var turnID: UInt64
  /// The conversation.
  public var conversationID: String
  /// What happened and whether trying again can help.
  public var error: WeirError?
  /// True if the text so far is in the history.
  public var partialKept: Bool
  /// The place in the conversation of the text that was kept; 0: none.
  public var sequence: UInt64
  /// The kept text's length in bytes of UTF-8.
  public var length: UInt64
  /// The conversation's revision after it.
  public var revision: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    turnID: UInt64 = 0, conversationID: String = "", error: WeirError? = nil, partialKept: Bool = false,
    sequence: UInt64 = 0, length: UInt64 = 0, revision: UInt64 = 0
  ) {
    self.turnID = turnID
    self.conversationID = conversationID
    self.error = error
    self.partialKept = partialKept
    self.sequence = sequence
    self.length = length
    self.revision = revision
  }
}

/// Stops an answer, from any device of the user.
public struct StopTurn: WireJSONMessage, Hashable {
  /// Which.
  public var turnID: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(turnID: UInt64 = 0) {
    self.turnID = turnID
  }
}

/// Goes on with an answer that was stopped, interrupted or cut by length. The new turn's text begins with the old one's.
public struct ContinueTurn: WireJSONMessage, Hashable {
  /// The conversation it is the last answer of.
  public var conversationID: String
  /// The turn to go on with; 0: the last.
  public var turnID: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(conversationID: String = "", turnID: UInt64 = 0) {
    self.conversationID = conversationID
    self.turnID = turnID
  }
}

/// Asks for another answer to the last user message. The old answer is kept as superseded.
public struct RegenerateTurn: WireJSONMessage, Hashable {
  /// The conversation.
  public var conversationID: String
  /// The turn to answer again; 0: the last.
  public var turnID: UInt64
  /// The model's name; empty: the server's default.
  public var model: String

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(conversationID: String = "", turnID: UInt64 = 0, model: String = "") {
    self.conversationID = conversationID
    self.turnID = turnID
    self.model = model
  }
}
