/// One thing that happened to a turn: a message sent, or an answer followed.
///
/// The order is: `acked` (sent messages only), any number of `queued`, `started`, the pieces of the answer, and at last
/// one `finished` or `failed`. A failure can come at any point. A lost connection is none of these: the client goes on
/// by itself, and says so in `WeirClient.events`.
///
/// The pieces are `text`, `reasoning`, and for each tool that the model asks for one `toolCall` with its
/// `toolArguments` behind it. All of them are bytes of one answer, in their order: offsets and lengths count them alike.
/// `AnswerParts` puts them together.
public enum TurnEvent: Sendable, Equatable {
  /// The message is on the server's disk.
  case acked(AckedMessage)
  /// The turn waits.
  case queued(QueuedTurn)
  /// The answer begins.
  case started(StartedTurn)
  /// The next text of the answer. Texts join without a gap and without a double.
  case text(String)
  /// The next text of the model's reasoning, which is not part of what it says.
  case reasoning(String)
  /// The model asks for a tool; its arguments follow.
  case toolCall(BegunToolCall)
  /// The next text of the arguments of the last `toolCall`. They are JSON when all have come. A stream that follows a
  /// turn from the middle can begin with them.
  case toolArguments(String)
  /// Another endpoint goes on with the answer from here.
  case seam(ChangedEndpoint)
  /// The answer has ended, or was stopped, and is on the server's disk. Last event.
  case finished(FinishedTurn)
  /// The answer has broken off, or the message was refused. Last event.
  case failed(FailedTurn)
}

extension TurnEvent {
  /// How much of the answer this is, in bytes of UTF-8.
  package var answerBytes: Int {
    switch self {
    case .text(let piece), .reasoning(let piece), .toolArguments(let piece): piece.utf8.count
    case .acked, .queued, .started, .toolCall, .seam, .finished, .failed: 0
    }
  }
}

/// Where a sent message was stored.
public struct AckedMessage: Sendable, Equatable {
  /// The conversation it went to.
  public var conversationID: String
  /// Its place there.
  public var sequence: UInt64
  /// The turn that answers it.
  public var turnID: UInt64
  /// The conversation's revision after it.
  public var revision: UInt64
  /// Whether the same message had been stored before (it was sent again after a lost connection).
  public var isDuplicate: Bool
}

/// A place in the queue.
public struct QueuedTurn: Sendable, Equatable {
  /// What a turn waits for.
  public enum Reason: String, Sendable, Equatable {
    /// All places at the provider are taken.
    case capacity
    /// The provider's rate limit.
    case rateLimit = "rate_limit"
    /// The provider fails; it is being probed.
    case providerDown = "provider_down"
    /// A first attempt failed; the next one comes.
    case retry
    /// Behind another turn of the same conversation.
    case conversation
    /// The user's own limit of turns at once.
    case userLimit = "user_limit"
    /// The server has not said, or this client has no name for it.
    case unknown
  }
  /// The turn.
  public var turnID: UInt64
  /// How many turns go before it; 0: it is next.
  public var position: Int
  /// The lane it waits in.
  public var lane: String
  /// The time until it starts, estimated; nil: not known.
  public var estimate: Duration?
  /// What it waits for.
  public var reason: Reason = .unknown
}

/// An answer that begins.
public struct StartedTurn: Sendable, Equatable {
  /// The turn.
  public var turnID: UInt64
  /// The conversation.
  public var conversationID: String
  /// The model that answers; empty where the server has not said.
  public var model: String
  /// The turn it goes on with; 0: none.
  public var continuesTurnID: UInt64
  /// The turn whose answer it replaces; 0: none.
  public var replacesTurnID: UInt64
  /// Where the stream's text begins in the answer, in bytes: the length of the text it goes on with, else 0.
  public var offset: UInt64
  /// Whether the answer comes from the server's cache.
  public var isCached = false
}

/// A tool that the model asks for.
public struct BegunToolCall: Sendable, Equatable {
  /// Names the call in its result.
  public var id: String
  /// The tool's name.
  public var name: String
}

/// The endpoint that wrote an answer broke off in the middle, and another one goes on with it. Style and thought may
/// change there.
public struct ChangedEndpoint: Sendable, Equatable {
  /// The turn.
  public var turnID: UInt64
  /// The first byte of the answer that is by the other endpoint.
  public var offset: UInt64
  /// Why the first one broke off; nil where the server has not said.
  public var reason: WeirClientError?
  /// The endpoint that broke off.
  public var from: String
  /// The endpoint that goes on.
  public var to: String
}

/// An answer that has ended.
public struct FinishedTurn: Sendable, Equatable {
  /// Why an answer ended.
  public enum Reason: String, Sendable, Equatable {
    /// The model had said all it wanted to.
    case complete
    /// The model reached its limit of tokens.
    case length
    /// The provider withheld the rest.
    case contentFilter = "content_filter"
    /// The model asks for a tool.
    case toolCalls = "tool_calls"
    /// A device stopped it.
    case stopped
    /// A reason that this client has no name for.
    case unknown
  }
  /// The turn.
  public var turnID: UInt64
  /// The conversation.
  public var conversationID: String
  /// Why it ended.
  public var reason: Reason
  /// What it cost; nil where nobody knows.
  public var usage: ChatUsage?
  /// The answer's place in the conversation.
  public var sequence: UInt64
  /// The answer's length in bytes of UTF-8.
  public var length: UInt64
  /// The conversation's revision after it; 0 where the server has not said.
  public var revision: UInt64
  /// Whether the answer came from the server's cache.
  public var isCached = false
}

/// An answer that broke off, or a message that was refused.
public struct FailedTurn: Sendable, Equatable {
  /// The turn; 0 if there never was one.
  public var turnID: UInt64
  /// Why, and what to do.
  public var error: WeirClientError
  /// Whether the text so far is in the history and can be continued.
  public var partialKept: Bool
  /// The kept text's length in bytes of UTF-8.
  public var length: UInt64
}
