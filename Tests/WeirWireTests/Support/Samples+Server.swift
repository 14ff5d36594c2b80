import WeirWire

extension ServerFrame: Sampled {
  typealias Generated = Weir_V1_ServerFrame

  static func sample(_ random: inout SeededRandom) -> ServerFrame {
    let kind: Kind? =
      switch random.below(21) {
      case 0: .delta(.sample(&random))
      case 1: .welcome(.sample(&random))
      case 2: .conversationOpened(.sample(&random))
      case 3: .conversationList(.sample(&random))
      case 4: .conversationChanged(.sample(&random))
      case 5: .conversationDeleted(.sample(&random))
      case 6: .historyPage(.sample(&random))
      case 7: .ack(.sample(&random))
      case 8: .messageAdded(.sample(&random))
      case 9: .turnStarted(.sample(&random))
      case 10: .queuePosition(.sample(&random))
      case 11: .turnFinished(.sample(&random))
      case 12: .turnFailed(.sample(&random))
      case 13: .subscribed(.sample(&random))
      case 14: .pong(.sample(&random))
      case 15: .error(.sample(&random))
      case 16: .goodbye(.sample(&random))
      case 17: .turnSeam(.sample(&random))
      case 18: .usageReport(.sample(&random))
      case 19: .serverState(.sample(&random))
      default: nil
      }
    return ServerFrame(requestID: random.uint64(), frame: kind)
  }
}

extension Welcome: Sampled {
  typealias Generated = Weir_V1_Welcome

  static func sample(_ random: inout SeededRandom) -> Welcome {
    Welcome(
      version: random.uint32(), server: random.string(), user: random.string(),
      capabilities: random.list { $0.string() }, serverTimeMs: random.uint64(), maxMessageBytes: random.uint64(),
      idlePingMs: random.uint32(), models: random.list { $0.string() }, resumed: random.list { .sample(&$0) },
      plan: random.string(), lanes: random.list { $0.string() })
  }
}

extension ConversationOpened: Sampled {
  typealias Generated = Weir_V1_ConversationOpened

  static func sample(_ random: inout SeededRandom) -> ConversationOpened {
    ConversationOpened(
      conversation: random.maybe { .sample(&$0) }, created: random.bool(), turns: random.list { .sample(&$0) })
  }
}

extension ConversationList: Sampled {
  typealias Generated = Weir_V1_ConversationList

  static func sample(_ random: inout SeededRandom) -> ConversationList {
    ConversationList(conversations: random.list { .sample(&$0) }, nextCursor: random.string())
  }
}

extension ConversationChanged: Sampled {
  typealias Generated = Weir_V1_ConversationChanged

  static func sample(_ random: inout SeededRandom) -> ConversationChanged {
    ConversationChanged(conversation: random.maybe { .sample(&$0) })
  }
}

extension ConversationDeleted: Sampled {
  typealias Generated = Weir_V1_ConversationDeleted

  static func sample(_ random: inout SeededRandom) -> ConversationDeleted {
    ConversationDeleted(conversationID: random.string())
  }
}

extension HistoryPage: Sampled {
  typealias Generated = Weir_V1_HistoryPage

  static func sample(_ random: inout SeededRandom) -> HistoryPage {
    HistoryPage(
      conversationID: random.string(), messages: random.list { .sample(&$0) }, hasMore: random.bool(),
      revision: random.uint64(), turns: random.list { .sample(&$0) })
  }
}

extension Ack: Sampled {
  typealias Generated = Weir_V1_Ack

  static func sample(_ random: inout SeededRandom) -> Ack {
    Ack(
      clientMessageID: random.string(), level: random.enumeration(), conversationID: random.string(),
      sequence: random.uint64(), turnID: random.uint64(), revision: random.uint64(), duplicate: random.bool())
  }
}

extension MessageAdded: Sampled {
  typealias Generated = Weir_V1_MessageAdded

  static func sample(_ random: inout SeededRandom) -> MessageAdded {
    MessageAdded(conversationID: random.string(), message: random.maybe { .sample(&$0) }, revision: random.uint64())
  }
}

extension TurnStarted: Sampled {
  typealias Generated = Weir_V1_TurnStarted

  static func sample(_ random: inout SeededRandom) -> TurnStarted {
    TurnStarted(
      turnID: random.uint64(), conversationID: random.string(), questionSequence: random.uint64(),
      answerSequence: random.uint64(), model: random.string(), continuesTurnID: random.uint64(),
      replacesTurnID: random.uint64(), offset: random.uint64(), cached: random.bool())
  }
}

extension QueuePosition: Sampled {
  typealias Generated = Weir_V1_QueuePosition

  static func sample(_ random: inout SeededRandom) -> QueuePosition {
    QueuePosition(
      turnID: random.uint64(), position: random.uint32(), lane: random.string(), estimateMs: random.uint32(),
      reason: random.enumeration())
  }
}

extension Delta: Sampled {
  typealias Generated = Weir_V1_Delta

  static func sample(_ random: inout SeededRandom) -> Delta {
    Delta(
      turnID: random.uint64(), offset: random.uint64(), text: random.string(), kind: random.enumeration(),
      toolCallID: random.string(), toolName: random.string())
  }
}

extension TurnFinished: Sampled {
  typealias Generated = Weir_V1_TurnFinished

  static func sample(_ random: inout SeededRandom) -> TurnFinished {
    TurnFinished(
      turnID: random.uint64(), conversationID: random.string(), reason: random.enumeration(),
      usage: random.maybe { .sample(&$0) }, sequence: random.uint64(), length: random.uint64(),
      revision: random.uint64(), cached: random.bool())
  }
}

extension TurnFailed: Sampled {
  typealias Generated = Weir_V1_TurnFailed

  static func sample(_ random: inout SeededRandom) -> TurnFailed {
    TurnFailed(
      turnID: random.uint64(), conversationID: random.string(), error: random.maybe { .sample(&$0) },
      partialKept: random.bool(), sequence: random.uint64(), length: random.uint64(), revision: random.uint64())
  }
}

extension Subscribed: Sampled {
  typealias Generated = Weir_V1_Subscribed

  static func sample(_ random: inout SeededRandom) -> Subscribed {
    Subscribed(status: random.maybe { .sample(&$0) }, offset: random.uint64(), message: random.maybe { .sample(&$0) })
  }
}

extension Pong: Sampled {
  typealias Generated = Weir_V1_Pong

  static func sample(_ random: inout SeededRandom) -> Pong {
    Pong(nonce: random.uint64())
  }
}

extension Goodbye: Sampled {
  typealias Generated = Weir_V1_Goodbye

  static func sample(_ random: inout SeededRandom) -> Goodbye {
    Goodbye(code: random.enumeration(), message: random.string(), reconnectAfterMs: random.uint32())
  }
}

extension TurnSeam: Sampled {
  typealias Generated = Weir_V1_TurnSeam

  static func sample(_ random: inout SeededRandom) -> TurnSeam {
    TurnSeam(
      turnID: random.uint64(), offset: random.uint64(), reason: random.maybe { .sample(&$0) },
      fromEndpoint: random.string(), toEndpoint: random.string())
  }
}

extension UsageReport: Sampled {
  typealias Generated = Weir_V1_UsageReport

  static func sample(_ random: inout SeededRandom) -> UsageReport {
    UsageReport(plan: random.string(), lane: random.string(), limits: random.list { .sample(&$0) })
  }
}
