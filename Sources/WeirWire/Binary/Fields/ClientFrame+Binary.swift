extension ClientFrame: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.ClientFrame" }
  static var blank: ClientFrame { ClientFrame() }

  func write(to out: inout some WireSink) {
    out.uint64(1, requestID)
    switch frame {
    case .hello(let it): out.presentMessage(2, it)
    case .openConversation(let it): out.presentMessage(3, it)
    case .listConversations(let it): out.presentMessage(4, it)
    case .renameConversation(let it): out.presentMessage(5, it)
    case .deleteConversation(let it): out.presentMessage(6, it)
    case .getHistory(let it): out.presentMessage(7, it)
    case .sendMessage(let it): out.presentMessage(8, it)
    case .stopTurn(let it): out.presentMessage(9, it)
    case .continueTurn(let it): out.presentMessage(10, it)
    case .regenerateTurn(let it): out.presentMessage(11, it)
    case .subscribeTurn(let it): out.presentMessage(12, it)
    case .grantCredit(let it): out.presentMessage(13, it)
    case .ping(let it): out.presentMessage(14, it)
    case .unsubscribeTurn(let it): out.presentMessage(15, it)
    case .getUsage(let it): out.presentMessage(16, it)
    case .watchServer(let it): out.presentMessage(17, it)
    case nil: break
    }
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): requestID = try input.uint64()
      case .bytes(2): try input.merge(into: &frame, Kind.hello, \.hello)
      case .bytes(3): try input.merge(into: &frame, Kind.openConversation, \.openConversation)
      case .bytes(4): try input.merge(into: &frame, Kind.listConversations, \.listConversations)
      case .bytes(5): try input.merge(into: &frame, Kind.renameConversation, \.renameConversation)
      case .bytes(6): try input.merge(into: &frame, Kind.deleteConversation, \.deleteConversation)
      case .bytes(7): try input.merge(into: &frame, Kind.getHistory, \.getHistory)
      case .bytes(8): try input.merge(into: &frame, Kind.sendMessage, \.sendMessage)
      case .bytes(9): try input.merge(into: &frame, Kind.stopTurn, \.stopTurn)
      case .bytes(10): try input.merge(into: &frame, Kind.continueTurn, \.continueTurn)
      case .bytes(11): try input.merge(into: &frame, Kind.regenerateTurn, \.regenerateTurn)
      case .bytes(12): try input.merge(into: &frame, Kind.subscribeTurn, \.subscribeTurn)
      case .bytes(13): try input.merge(into: &frame, Kind.grantCredit, \.grantCredit)
      case .bytes(14): try input.merge(into: &frame, Kind.ping, \.ping)
      case .bytes(15): try input.merge(into: &frame, Kind.unsubscribeTurn, \.unsubscribeTurn)
      case .bytes(16): try input.merge(into: &frame, Kind.getUsage, \.getUsage)
      case .bytes(17): try input.merge(into: &frame, Kind.watchServer, \.watchServer)
      default: try input.skip(tag)
      }
    }
  }
}
