extension ServerFrame {
  static let json = JSONFields<ServerFrame>(
    .field("requestId", \.requestID),
    .arm("delta", \.frame, Kind.delta, \.delta),
    .arm("welcome", \.frame, Kind.welcome, \.welcome),
    .arm("conversationOpened", \.frame, Kind.conversationOpened, \.conversationOpened),
    .arm("conversationList", \.frame, Kind.conversationList, \.conversationList),
    .arm("conversationChanged", \.frame, Kind.conversationChanged, \.conversationChanged),
    .arm("conversationDeleted", \.frame, Kind.conversationDeleted, \.conversationDeleted),
    .arm("historyPage", \.frame, Kind.historyPage, \.historyPage),
    .arm("ack", \.frame, Kind.ack, \.ack),
    .arm("messageAdded", \.frame, Kind.messageAdded, \.messageAdded),
    .arm("turnStarted", \.frame, Kind.turnStarted, \.turnStarted),
    .arm("queuePosition", \.frame, Kind.queuePosition, \.queuePosition),
    .arm("turnFinished", \.frame, Kind.turnFinished, \.turnFinished),
    .arm("turnFailed", \.frame, Kind.turnFailed, \.turnFailed),
    .arm("subscribed", \.frame, Kind.subscribed, \.subscribed),
    .arm("pong", \.frame, Kind.pong, \.pong),
    .arm("error", \.frame, Kind.error, \.error),
    .arm("goodbye", \.frame, Kind.goodbye, \.goodbye),
    .arm("turnSeam", \.frame, Kind.turnSeam, \.turnSeam),
    .arm("usageReport", \.frame, Kind.usageReport, \.usageReport),
    .arm("serverState", \.frame, Kind.serverState, \.serverState))
}
