// The message inside, if the frame is of that kind.
extension ClientFrame.Kind {
  var hello: Hello? { if case .hello(let it) = self { it } else { nil } }
  var openConversation: OpenConversation? { if case .openConversation(let it) = self { it } else { nil } }
  var listConversations: ListConversations? { if case .listConversations(let it) = self { it } else { nil } }
  var renameConversation: RenameConversation? { if case .renameConversation(let it) = self { it } else { nil } }
  var deleteConversation: DeleteConversation? { if case .deleteConversation(let it) = self { it } else { nil } }
  var getHistory: GetHistory? { if case .getHistory(let it) = self { it } else { nil } }
  var sendMessage: SendMessage? { if case .sendMessage(let it) = self { it } else { nil } }
  var stopTurn: StopTurn? { if case .stopTurn(let it) = self { it } else { nil } }
  var continueTurn: ContinueTurn? { if case .continueTurn(let it) = self { it } else { nil } }
  var regenerateTurn: RegenerateTurn? { if case .regenerateTurn(let it) = self { it } else { nil } }
  var subscribeTurn: SubscribeTurn? { if case .subscribeTurn(let it) = self { it } else { nil } }
  var grantCredit: GrantCredit? { if case .grantCredit(let it) = self { it } else { nil } }
  var ping: Ping? { if case .ping(let it) = self { it } else { nil } }
  var unsubscribeTurn: UnsubscribeTurn? { if case .unsubscribeTurn(let it) = self { it } else { nil } }
  var getUsage: GetUsage? { if case .getUsage(let it) = self { it } else { nil } }
  var watchServer: WatchServer? { if case .watchServer(let it) = self { it } else { nil } }
}

// The message inside, if the frame is of that kind.
extension ServerFrame.Kind {
  var delta: Delta? { if case .delta(let it) = self { it } else { nil } }
  var welcome: Welcome? { if case .welcome(let it) = self { it } else { nil } }
  var conversationOpened: ConversationOpened? { if case .conversationOpened(let it) = self { it } else { nil } }
  var conversationList: ConversationList? { if case .conversationList(let it) = self { it } else { nil } }
  var conversationChanged: ConversationChanged? { if case .conversationChanged(let it) = self { it } else { nil } }
  var conversationDeleted: ConversationDeleted? { if case .conversationDeleted(let it) = self { it } else { nil } }
  var historyPage: HistoryPage? { if case .historyPage(let it) = self { it } else { nil } }
  var ack: Ack? { if case .ack(let it) = self { it } else { nil } }
  var messageAdded: MessageAdded? { if case .messageAdded(let it) = self { it } else { nil } }
  var turnStarted: TurnStarted? { if case .turnStarted(let it) = self { it } else { nil } }
  var queuePosition: QueuePosition? { if case .queuePosition(let it) = self { it } else { nil } }
  var turnFinished: TurnFinished? { if case .turnFinished(let it) = self { it } else { nil } }
  var turnFailed: TurnFailed? { if case .turnFailed(let it) = self { it } else { nil } }
  var subscribed: Subscribed? { if case .subscribed(let it) = self { it } else { nil } }
  var pong: Pong? { if case .pong(let it) = self { it } else { nil } }
  var error: WeirError? { if case .error(let it) = self { it } else { nil } }
  var goodbye: Goodbye? { if case .goodbye(let it) = self { it } else { nil } }
  var turnSeam: TurnSeam? { if case .turnSeam(let it) = self { it } else { nil } }
  var usageReport: UsageReport? { if case .usageReport(let it) = self { it } else { nil } }
  var serverState: ServerState? { if case .serverState(let it) = self { it } else { nil } }
}

// What is inside, if the part is of that kind.
extension Part.Kind {
  var text: String? { if case .text(let it) = self { it } else { nil } }
  var reasoning: Reasoning? { if case .reasoning(let it) = self { it } else { nil } }
  var toolCall: ToolCall? { if case .toolCall(let it) = self { it } else { nil } }
  var toolResult: ToolResult? { if case .toolResult(let it) = self { it } else { nil } }
}
