/// The one message a device sends; each WebSocket message holds one.
public struct ClientFrame: WireJSONMessage, Hashable {
  /// What is asked.
  public enum Kind: Hashable, Sendable {
    /// Introduces the device; optional, and first if sent.
    case hello(Hello)
    /// Makes or finds a conversation and follows it.
    case openConversation(OpenConversation)
    /// Asks for the user's conversations.
    case listConversations(ListConversations)
    /// Names a conversation.
    case renameConversation(RenameConversation)
    /// Deletes a conversation and all its messages.
    case deleteConversation(DeleteConversation)
    /// Asks for a page of messages.
    case getHistory(GetHistory)
    /// Adds a user message and asks for its answer.
    case sendMessage(SendMessage)
    /// Stops an answer; what had come is kept.
    case stopTurn(StopTurn)
    /// Goes on with an answer that was stopped or interrupted.
    case continueTurn(ContinueTurn)
    /// Asks for another answer to the same message.
    case regenerateTurn(RegenerateTurn)
    /// Wants an answer's text from an offset on.
    case subscribeTurn(SubscribeTurn)
    /// Allows more bytes of answer text.
    case grantCredit(GrantCredit)
    /// Asks for a Pong.
    case ping(Ping)
    /// Wants no more of an answer's text.
    case unsubscribeTurn(UnsubscribeTurn)
    /// Asks for the user's limits and what is left.
    case getUsage(GetUsage)
    /// The operator's only: asks how the server stands.
    case watchServer(WatchServer)
  }

  /// Chosen by the device and echoed in the direct reply, so that it can tell replies apart; 0: no echo wanted.
  public var requestID: UInt64
  /// What is asked; nil: nothing, or nothing that this code knows.
  public var frame: Kind?

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(requestID: UInt64 = 0, frame: Kind? = nil) {
    self.requestID = requestID
    self.frame = frame
  }
}
