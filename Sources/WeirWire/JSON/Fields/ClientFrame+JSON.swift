extension ClientFrame {
  static let json = JSONFields<ClientFrame>(
    .field("requestId", \.requestID),
    .arm("hello", \.frame, Kind.hello, \.hello),
    .arm("openConversation", \.frame, Kind.openConversation, \.openConversation),
    .arm("listConversations", \.frame, Kind.listConversations, \.listConversations),
    .arm("renameConversation", \.frame, Kind.renameConversation, \.renameConversation),
    .arm("deleteConversation", \.frame, Kind.deleteConversation, \.deleteConversation),
    .arm("getHistory", \.frame, Kind.getHistory, \.getHistory),
    .arm("sendMessage", \.frame, Kind.sendMessage, \.sendMessage),
    .arm("stopTurn", \.frame, Kind.stopTurn, \.stopTurn),
    .arm("continueTurn", \.frame, Kind.continueTurn, \.continueTurn),
    .arm("regenerateTurn", \.frame, Kind.regenerateTurn, \.regenerateTurn),
    .arm("subscribeTurn", \.frame, Kind.subscribeTurn, \.subscribeTurn),
    .arm("grantCredit", \.frame, Kind.grantCredit, \.grantCredit),
    .arm("ping", \.frame, Kind.ping, \.ping),
    .arm("unsubscribeTurn", \.frame, Kind.unsubscribeTurn, \.unsubscribeTurn),
    .arm("getUsage", \.frame, Kind.getUsage, \.getUsage),
    .arm("watchServer", \.frame, Kind.watchServer, \.watchServer))
}
