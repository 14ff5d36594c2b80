import WeirWire

extension WeirError: Sampled {
  typealias Generated = Weir_V1_Error

  static func sample(_ random: inout SeededRandom) -> WeirError {
    WeirError(
      code: random.enumeration(), message: random.string(), retryable: random.bool(), retryAfterMs: random.uint32(),
      revision: random.uint64(), limit: random.maybe { .sample(&$0) })
  }
}

extension LimitState: Sampled {
  typealias Generated = Weir_V1_LimitState

  static func sample(_ random: inout SeededRandom) -> LimitState {
    LimitState(
      name: random.string(), limit: random.uint64(), remaining: random.uint64(), resetAfterMs: random.uint64())
  }
}

extension Part: Sampled {
  typealias Generated = Weir_V1_Part

  static func sample(_ random: inout SeededRandom) -> Part {
    let kind: Kind? =
      switch random.below(5) {
      case 0: .text(random.string())
      case 1: .reasoning(.sample(&random))
      case 2: .toolCall(.sample(&random))
      case 3: .toolResult(.sample(&random))
      default: nil
      }
    return Part(part: kind)
  }
}

extension Reasoning: Sampled {
  typealias Generated = Weir_V1_Reasoning

  static func sample(_ random: inout SeededRandom) -> Reasoning {
    Reasoning(text: random.string(), signature: random.string())
  }
}

extension ToolCall: Sampled {
  typealias Generated = Weir_V1_ToolCall

  static func sample(_ random: inout SeededRandom) -> ToolCall {
    ToolCall(id: random.string(), name: random.string(), arguments: random.string())
  }
}

extension ToolResult: Sampled {
  typealias Generated = Weir_V1_ToolResult

  static func sample(_ random: inout SeededRandom) -> ToolResult {
    ToolResult(toolCallID: random.string(), text: random.string(), failed: random.bool())
  }
}

extension Usage: Sampled {
  typealias Generated = Weir_V1_Usage

  static func sample(_ random: inout SeededRandom) -> Usage {
    Usage(
      inputTokens: random.uint64(), outputTokens: random.uint64(), cachedInputTokens: random.uint64(),
      estimated: random.bool(), reasoningTokens: random.uint64())
  }
}

extension Message: Sampled {
  typealias Generated = Weir_V1_Message

  static func sample(_ random: inout SeededRandom) -> Message {
    Message(
      sequence: random.uint64(), role: random.enumeration(), parts: random.list { .sample(&$0) },
      createdAtMs: random.uint64(), turnID: random.uint64(), clientMessageID: random.string(),
      status: random.enumeration(), finishReason: random.enumeration(), usage: random.maybe { .sample(&$0) },
      model: random.string(), error: random.maybe { .sample(&$0) }, promptVersion: random.string(),
      cached: random.bool(), toolsJSON: random.string())
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
