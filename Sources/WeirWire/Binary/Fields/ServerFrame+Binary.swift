extension ServerFrame: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.ServerFrame" }
  static var blank: ServerFrame { ServerFrame() }

  func write(to out: inout some WireSink) {
    out.uint64(1, requestID)
    switch frame {
    case .delta(let it): out.presentMessage(2, it)
    case .welcome(let it): out.presentMessage(3, it)
    case .conversationOpened(let it): out.presentMessage(4, it)
    case .conversationList(let it): out.presentMessage(5, it)
    case .conversationChanged(let it): out.presentMessage(6, it)
    case .conversationDeleted(let it): out.presentMessage(7, it)
    case .historyPage(let it): out.presentMessage(8, it)
    case .ack(let it): out.presentMessage(9, it)
    case .messageAdded(let it): out.presentMessage(10, it)
    case .turnStarted(let it): out.presentMessage(11, it)
    case .queuePosition(let it): out.presentMessage(12, it)
    case .turnFinished(let it): out.presentMessage(13, it)
    case .turnFailed(let it): out.presentMessage(14, it)
    case .subscribed(let it): out.presentMessage(15, it)
    case .pong(let it): out.presentMessage(16, it)
    case .error(let it): out.presentMessage(17, it)
    case .goodbye(let it): out.presentMessage(18, it)
    case .turnSeam(let it): out.presentMessage(19, it)
    case .usageReport(let it): out.presentMessage(20, it)
    case .serverState(let it): out.presentMessage(21, it)
    case nil: break
    }
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): requestID = try input.uint64()
      case .bytes(2): try input.merge(into: &frame, Kind.delta, \.delta)
      case .bytes(3): try input.merge(into: &frame, Kind.welcome, \.welcome)
      case .bytes(4): try input.merge(into: &frame, Kind.conversationOpened, \.conversationOpened)
      case .bytes(5): try input.merge(into: &frame, Kind.conversationList, \.conversationList)
      case .bytes(6): try input.merge(into: &frame, Kind.conversationChanged, \.conversationChanged)
      case .bytes(7): try input.merge(into: &frame, Kind.conversationDeleted, \.conversationDeleted)
      case .bytes(8): try input.merge(into: &frame, Kind.historyPage, \.historyPage)
      case .bytes(9): try input.merge(into: &frame, Kind.ack, \.ack)
      case .bytes(10): try input.merge(into: &frame, Kind.messageAdded, \.messageAdded)
      case .bytes(11): try input.merge(into: &frame, Kind.turnStarted, \.turnStarted)
      case .bytes(12): try input.merge(into: &frame, Kind.queuePosition, \.queuePosition)
      case .bytes(13): try input.merge(into: &frame, Kind.turnFinished, \.turnFinished)
      case .bytes(14): try input.merge(into: &frame, Kind.turnFailed, \.turnFailed)
      case .bytes(15): try input.merge(into: &frame, Kind.subscribed, \.subscribed)
      case .bytes(16): try input.merge(into: &frame, Kind.pong, \.pong)
      case .bytes(17): try input.merge(into: &frame, Kind.error, \.error)
      case .bytes(18): try input.merge(into: &frame, Kind.goodbye, \.goodbye)
      case .bytes(19): try input.merge(into: &frame, Kind.turnSeam, \.turnSeam)
      case .bytes(20): try input.merge(into: &frame, Kind.usageReport, \.usageReport)
      case .bytes(21): try input.merge(into: &frame, Kind.serverState, \.serverState)
      default: try input.skip(tag)
      }
    }
  }
}
