/// The one message the server sends; each WebSocket message holds one.
public struct ServerFrame: WireJSONMessage, Hashable {
  /// What is said.
  public enum Kind: Hashable, Sendable {
    /// Some text of an answer. First, and with the smallest number, because it is nearly all of the traffic.
    case delta(Delta)
    /// The reply to Hello.
    case welcome(Welcome)
    /// The reply to OpenConversation.
    case conversationOpened(ConversationOpened)
    /// The reply to ListConversations.
    case conversationList(ConversationList)
    /// A conversation was made, renamed or has moved on.
    case conversationChanged(ConversationChanged)
    /// A conversation was deleted.
    case conversationDeleted(ConversationDeleted)
    /// The reply to GetHistory.
    case historyPage(HistoryPage)
    /// How far a sent message has come.
    case ack(Ack)
    /// A message was added to a conversation that this device follows.
    case messageAdded(MessageAdded)
    /// An answer begins.
    case turnStarted(TurnStarted)
    /// A turn waits, and where.
    case queuePosition(QueuePosition)
    /// An answer has ended well, or was stopped.
    case turnFinished(TurnFinished)
    /// An answer has broken off.
    case turnFailed(TurnFailed)
    /// The reply to SubscribeTurn.
    case subscribed(Subscribed)
    /// The reply to Ping.
    case pong(Pong)
    /// A refusal.
    case error(WeirError)
    /// The server is about to close the connection.
    case goodbye(Goodbye)
    /// Another endpoint goes on with an answer.
    case turnSeam(TurnSeam)
    /// The reply to GetUsage.
    case usageReport(UsageReport)
    /// The operator's only: how the server stands.
    case serverState(ServerState)
  }

  /// The `requestID` of the frame this is the direct reply to; 0: not a reply.
  public var requestID: UInt64
  /// What is said; nil: nothing, or nothing that this code knows.
  public var frame: Kind?

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(requestID: UInt64 = 0, frame: Kind? = nil) {
    self.requestID = requestID
    self.frame = frame
  }
}
