import WeirWire

extension ClientFrame: Sampled {
  typealias Generated = Weir_V1_ClientFrame

  static func sample(_ random: inout SeededRandom) -> ClientFrame {
    let kind: Kind? =
      switch random.below(17) {
      case 0: .hello(.sample(&random))
      case 1: .openConversation(.sample(&random))
      case 2: .listConversations(.sample(&random))
      case 3: .renameConversation(.sample(&random))
      case 4: .deleteConversation(.sample(&random))
      case 5: .getHistory(.sample(&random))
      case 6: .sendMessage(.sample(&random))
      case 7: .stopTurn(.sample(&random))
      case 8: .continueTurn(.sample(&random))
      case 9: .regenerateTurn(.sample(&random))
      case 10: .subscribeTurn(.sample(&random))
      case 11: .grantCredit(.sample(&random))
      case 12: .ping(.sample(&random))
      case 13: .unsubscribeTurn(.sample(&random))
      case 14: .getUsage(.sample(&random))
      case 15: .watchServer(.sample(&random))
      default: nil
      }
    return ClientFrame(requestID: random.uint64(), frame: kind)
  }
}

extension Hello: Sampled {
  typealias Generated = Weir_V1_Hello

  static func sample(_ random: inout SeededRandom) -> Hello {
    Hello(
      version: random.uint32(), agent: random.string(), credit: random.uint64(), resume: random.list { .sample(&$0) },
      follow: random.list { $0.string() })
  }
}

extension OpenConversation: Sampled {
  typealias Generated = Weir_V1_OpenConversation

  static func sample(_ random: inout SeededRandom) -> OpenConversation {
    OpenConversation(conversationID: random.string(), title: random.string())
  }
}

extension ListConversations: Sampled {
  typealias Generated = Weir_V1_ListConversations

  static func sample(_ random: inout SeededRandom) -> ListConversations {
    ListConversations(limit: random.uint32(), cursor: random.string())
  }
}

extension RenameConversation: Sampled {
  typealias Generated = Weir_V1_RenameConversation

  static func sample(_ random: inout SeededRandom) -> RenameConversation {
    RenameConversation(conversationID: random.string(), title: random.string())
  }
}

extension DeleteConversation: Sampled {
  typealias Generated = Weir_V1_DeleteConversation

  static func sample(_ random: inout SeededRandom) -> DeleteConversation {
    DeleteConversation(conversationID: random.string())
  }
}

extension GetHistory: Sampled {
  typealias Generated = Weir_V1_GetHistory

  static func sample(_ random: inout SeededRandom) -> GetHistory {
    GetHistory(conversationID: random.string(), beforeSequence: random.uint64(), limit: random.uint32())
  }
}

extension SendMessage: Sampled {
  typealias Generated = Weir_V1_SendMessage

  static func sample(_ random: inout SeededRandom) -> SendMessage {
    SendMessage(
      conversationID: random.string(), clientMessageID: random.string(), parts: random.list { .sample(&$0) },
      expectedRevision: random.maybe { $0.uint64() }, onConflict: random.enumeration(),
      acks: random.list { $0.enumeration() }, model: random.string(), lane: random.string(),
      deadlineMs: random.uint32(), toolsJSON: random.string(), noCache: random.bool())
  }
}

extension StopTurn: Sampled {
  typealias Generated = Weir_V1_StopTurn

  static func sample(_ random: inout SeededRandom) -> StopTurn {
    StopTurn(turnID: random.uint64())
  }
}

extension ContinueTurn: Sampled {
  typealias Generated = Weir_V1_ContinueTurn

  static func sample(_ random: inout SeededRandom) -> ContinueTurn {
    ContinueTurn(conversationID: random.string(), turnID: random.uint64())
  }
}

extension RegenerateTurn: Sampled {
  typealias Generated = Weir_V1_RegenerateTurn

  static func sample(_ random: inout SeededRandom) -> RegenerateTurn {
    RegenerateTurn(conversationID: random.string(), turnID: random.uint64(), model: random.string())
  }
}

extension SubscribeTurn: Sampled {
  typealias Generated = Weir_V1_SubscribeTurn

  static func sample(_ random: inout SeededRandom) -> SubscribeTurn {
    SubscribeTurn(turnID: random.uint64(), offset: random.uint64())
  }
}

extension UnsubscribeTurn: Sampled {
  typealias Generated = Weir_V1_UnsubscribeTurn

  static func sample(_ random: inout SeededRandom) -> UnsubscribeTurn {
    UnsubscribeTurn(turnID: random.uint64())
  }
}

extension GrantCredit: Sampled {
  typealias Generated = Weir_V1_GrantCredit

  static func sample(_ random: inout SeededRandom) -> GrantCredit {
    GrantCredit(bytes: random.uint64())
  }
}

extension Ping: Sampled {
  typealias Generated = Weir_V1_Ping

  static func sample(_ random: inout SeededRandom) -> Ping {
    Ping(nonce: random.uint64())
  }
}

extension GetUsage: Sampled {
  typealias Generated = Weir_V1_GetUsage

  static func sample(_ random: inout SeededRandom) -> GetUsage {
    GetUsage()
  }
}
