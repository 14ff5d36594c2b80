internal import WeirWire

// From the wire's messages to the values an application sees, in one place.

extension WeirClientError {
  init(_ wire: WeirError) {
    let code = Code(wire.code)
    self.init(
      code: code,
      message: wire.message.isEmpty ? "The server says \(code.rawValue) and no more; look at its logs." : wire.message,
      isRetryable: wire.retryable,
      retryAfter: wire.retryAfterMs == 0 ? nil : .milliseconds(Int64(wire.retryAfterMs)),
      revision: wire.code == .staleRevision ? wire.revision : nil,
      limit: wire.limit.map(UsageLimit.init))
  }
}

extension WeirClientError.Code {
  init(_ wire: ErrorCode) {
    switch wire {
    case .invalidArgument: self = .invalidArgument
    case .unauthenticated: self = .unauthenticated
    case .permissionDenied: self = .permissionDenied
    case .notFound: self = .notFound
    case .staleRevision: self = .staleRevision
    case .turnRunning: self = .turnRunning
    case .overloaded: self = .overloaded
    case .rateLimited: self = .rateLimited
    case .tooLarge: self = .tooLarge
    case .notSaved: self = .notSaved
    case .upstreamFailed: self = .upstreamFailed
    case .upstreamTimeout: self = .upstreamTimeout
    case .upstreamRejected: self = .upstreamRejected
    case .upstreamOverloaded: self = .upstreamOverloaded
    case .interrupted: self = .interrupted
    case .shuttingDown: self = .shuttingDown
    case .internal: self = .internal
    case .abandoned: self = .abandoned
    case .budgetExceeded: self = .budgetExceeded
    case .deadlineExceeded: self = .deadlineExceeded
    default: self = .unknown
    }
  }
}

extension ServerInfo {
  init(_ wire: Welcome) {
    self.init(
      version: Int(wire.version), server: wire.server, user: wire.user, capabilities: wire.capabilities,
      models: wire.models, maximumMessageBytes: wire.maxMessageBytes, plan: wire.plan, lanes: wire.lanes)
  }
}

extension ChatConversation {
  init(_ wire: Conversation) {
    self.init(
      id: wire.id, title: wire.title, createdAtMs: wire.createdAtMs, updatedAtMs: wire.updatedAtMs,
      revision: wire.revision, lastSequence: wire.lastSequence)
  }
}

extension OpenedConversation {
  init(_ wire: ConversationOpened) {
    self.init(
      conversation: ChatConversation(wire.conversation ?? Conversation()), isNew: wire.created,
      turns: wire.turns.map(ChatTurn.init))
  }
}

extension ConversationPage {
  init(_ wire: ConversationList) {
    self.init(
      conversations: wire.conversations.map(ChatConversation.init),
      nextCursor: wire.nextCursor.isEmpty ? nil : wire.nextCursor)
  }
}

extension ChatHistoryPage {
  init(_ wire: HistoryPage) {
    self.init(
      conversationID: wire.conversationID, messages: wire.messages.map(ChatMessage.init), hasMore: wire.hasMore,
      revision: wire.revision, turns: wire.turns.map(ChatTurn.init))
  }
}

extension ChatTurn {
  init(_ wire: TurnStatus) {
    let state: State =
      switch wire.state {
      case .queued: .queued
      case .running: .running
      case .finished: .finished
      case .failed: .failed
      default: .unknown
      }
    self.init(id: wire.turnID, conversationID: wire.conversationID, state: state, length: wire.length)
  }
}

extension ChatMessage {
  init(_ wire: Message) {
    let role: Role =
      switch wire.role {
      case .system: .system
      case .user: .user
      case .assistant: .assistant
      case .tool: .tool
      default: .unknown
      }
    let status: Status =
      switch wire.status {
      case .complete: .complete
      case .streaming: .streaming
      case .stopped: .stopped
      case .interrupted: .interrupted
      case .superseded: .superseded
      default: .unknown
      }
    self.init(
      sequence: wire.sequence, role: role, parts: wire.parts.map(ChatPart.init), createdAtMs: wire.createdAtMs,
      turnID: wire.turnID,
      clientMessageID: wire.clientMessageID, status: status,
      finishReason: wire.finishReason == .unspecified ? nil : FinishedTurn.Reason(wire.finishReason),
      usage: wire.usage.map(ChatUsage.init), model: wire.model, error: wire.error.map(WeirClientError.init),
      promptVersion: wire.promptVersion, isCached: wire.cached, tools: wire.toolsJSON)
  }
}

extension ChatUsage {
  init(_ wire: Usage) {
    self.init(
      inputTokens: wire.inputTokens, outputTokens: wire.outputTokens, cachedInputTokens: wire.cachedInputTokens,
      isEstimated: wire.estimated, reasoningTokens: wire.reasoningTokens)
  }
}

extension AckedMessage {
  init(_ wire: Ack) {
    self.init(
      conversationID: wire.conversationID, sequence: wire.sequence, turnID: wire.turnID, revision: wire.revision,
      isDuplicate: wire.duplicate)
  }
}

extension QueuedTurn {
  init(_ wire: QueuePosition) {
    self.init(
      turnID: wire.turnID, position: Int(wire.position), lane: wire.lane,
      estimate: wire.estimateMs == 0 ? nil : .milliseconds(Int64(wire.estimateMs)), reason: Reason(wire.reason))
  }
}

extension QueuedTurn.Reason {
  init(_ wire: QueueReason) {
    switch wire {
    case .capacity: self = .capacity
    case .rateLimit: self = .rateLimit
    case .providerDown: self = .providerDown
    case .retry: self = .retry
    case .conversation: self = .conversation
    case .userLimit: self = .userLimit
    default: self = .unknown
    }
  }
}

extension StartedTurn {
  init(_ wire: TurnStarted) {
    self.init(
      turnID: wire.turnID, conversationID: wire.conversationID, model: wire.model,
      continuesTurnID: wire.continuesTurnID, replacesTurnID: wire.replacesTurnID, offset: wire.offset,
      isCached: wire.cached)
  }
}

extension FinishedTurn.Reason {
  init(_ wire: FinishReason) {
    switch wire {
    case .complete: self = .complete
    case .length: self = .length
    case .contentFilter: self = .contentFilter
    case .toolCalls: self = .toolCalls
    case .stopped: self = .stopped
    default: self = .unknown
    }
  }
}

extension FinishedTurn {
  init(_ wire: TurnFinished) {
    self.init(
      turnID: wire.turnID, conversationID: wire.conversationID, reason: Reason(wire.reason),
      usage: wire.usage.map(ChatUsage.init), sequence: wire.sequence, length: wire.length, revision: wire.revision,
      isCached: wire.cached)
  }
}

extension FailedTurn {
  init(_ wire: TurnFailed) {
    let unsaid = WeirClientError(code: .unknown, message: "The answer broke off and the server does not say why.")
    self.init(
      turnID: wire.turnID, error: wire.error.map(WeirClientError.init) ?? unsaid, partialKept: wire.partialKept,
      length: wire.length)
  }
}

extension TurnEvent {
  /// How a turn ended whose finished message came in place of its text.
  init(end message: ChatMessage, turnID: UInt64, conversationID: String) {
    let length = message.parts.reduce(UInt64(0)) { $0 + UInt64($1.answerBytes ?? 0) }
    if message.status == .interrupted {
      let error =
        message.error
        ?? WeirClientError(
          code: .interrupted, message: "The answer broke off; what had come is kept and can be continued.",
          isRetryable: true)
      self = .failed(FailedTurn(turnID: turnID, error: error, partialKept: true, length: length))
    } else {
      self = .finished(
        FinishedTurn(
          turnID: turnID, conversationID: conversationID,
          reason: message.status == .stopped ? .stopped : message.finishReason ?? .unknown, usage: message.usage,
          sequence: message.sequence, length: length, revision: 0, isCached: message.isCached))
    }
  }
}

extension ConflictPolicy {
  init(_ choice: ConflictChoice) {
    switch choice {
    case .queue: self = .queue
    case .interrupt: self = .interrupt
    case .reject: self = .reject
    }
  }
}
