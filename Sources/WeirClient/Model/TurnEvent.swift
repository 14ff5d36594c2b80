/// One thing that happened to a turn: a message sent, or an answer followed.
///
/// The order is: `acked` (sent messages only), any number of `queued`, `started`, any number of `text`, and at last
/// one `finished` or `failed`. A failure can come at any point. A lost connection is none of these: the client goes on
/// by itself, and says so in `WeirClient.events`.
public enum TurnEvent: Sendable, Equatable {
  /// The message is on the server's disk.
  case acked(AckedMessage)
  /// The turn waits.
  case queued(QueuedTurn)
  /// The answer begins.
  case started(StartedTurn)
  /// The next text of the answer. Texts join without a gap and without a double.
  case text(String)
  /// The answer has ended, or was stopped, and is on the server's disk. Last event.
  case finished(FinishedTurn)
  /// The answer has broken off, or the message was refused. Last event.
  case failed(FailedTurn)
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
  /// The turn.
  public var turnID: UInt64
  /// How many turns go before it; 0: it is next.
  public var position: Int
  /// The lane it waits in.
  public var lane: String
  /// The time until it starts, estimated; nil: not known.
  public var estimate: Duration?
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
