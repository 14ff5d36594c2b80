import WeirWire

extension WeirError: Sampled {
  typealias Generated = Weir_V1_Error

  static func sample(_ random: inout SeededRandom) -> WeirError {
    WeirError(
      code: random.enumeration(), message: random.string(), retryable: random.bool(), retryAfterMs: random.uint32(),
      revision: random.uint64())
  }
}

extension Part: Sampled {
  typealias Generated = Weir_V1_Part

  static func sample(_ random: inout SeededRandom) -> Part {
    let kind: Kind? =
      switch random.below(2) {
      case 0: .text(random.string())
      default: nil
      }
    return Part(part: kind)
  }
}

extension Usage: Sampled {
  typealias Generated = Weir_V1_Usage

  static func sample(_ random: inout SeededRandom) -> Usage {
    Usage(
      inputTokens: random.uint64(), outputTokens: random.uint64(), cachedInputTokens: random.uint64(),
      estimated: random.bool())
  }
}

extension Message: Sampled {
  typealias Generated = Weir_V1_Message

  static func sample(_ random: inout SeededRandom) -> Message {
    Message(
      sequence: random.uint64(), role: random.enumeration(), parts: random.list { .sample(&$0) },
      createdAtMs: random.uint64(), turnID: random.uint64(), clientMessageID: random.string(),
      status: random.enumeration(), finishReason: random.enumeration(), usage: random.maybe { .sample(&$0) },
      model: random.string(), error: random.maybe { .sample(&$0) })
  }
}

extension Conversation: Sampled {
  typealias Generated = Weir_V1_Conversation

  static func sample(_ random: inout SeededRandom) -> Conversation {
    Conversation(
      id: random.string(), title: random.string(), createdAtMs: random.uint64(), updatedAtMs: random.uint64(),
      revision: random.uint64(), lastSequence: random.uint64())
  }
}

extension TurnStatus: Sampled {
  typealias Generated = Weir_V1_TurnStatus

  static func sample(_ random: inout SeededRandom) -> TurnStatus {
    TurnStatus(
      turnID: random.uint64(), conversationID: random.string(), state: random.enumeration(), length: random.uint64())
  }
}
