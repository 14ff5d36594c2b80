internal import WeirWire

// Parts of messages, pieces of answers, limits: from the wire and to it.

extension ChatPart {
  init(_ wire: Part) {
    switch wire.part {
    case .text(let text): self = .text(text)
    case .reasoning(let reasoning): self = .reasoning(reasoning.text)
    case .toolCall(let call): self = .toolCall(ChatToolCall(id: call.id, name: call.name, arguments: call.arguments))
    case .toolResult(let result): self = .toolResult(ChatToolResult(result))
    case nil: self = .unknown
    }
  }
}

extension ChatToolResult {
  init(_ wire: ToolResult) {
    self.init(callID: wire.toolCallID, text: wire.text, isFailure: wire.failed)
  }
}

extension Part {
  init(_ result: ChatToolResult) {
    self.init(part: .toolResult(ToolResult(toolCallID: result.callID, text: result.text, failed: result.isFailure)))
  }
}

extension AnswerPiece {
  init(_ wire: Delta) {
    let kind: Kind =
      switch wire.kind {
      case .unspecified: .text
      case .reasoning: .reasoning
      case .toolCall: .toolArguments
      default: .unknown
      }
    let beginsCall = kind == .toolArguments && !(wire.toolCallID.isEmpty && wire.toolName.isEmpty)
    self.init(
      wire.text, at: wire.offset, kind,
      begins: beginsCall ? BegunToolCall(id: wire.toolCallID, name: wire.toolName) : nil)
  }
}

extension ChangedEndpoint {
  init(_ wire: TurnSeam) {
    self.init(
      turnID: wire.turnID, offset: wire.offset, reason: wire.reason.map(WeirClientError.init),
      from: wire.fromEndpoint, to: wire.toEndpoint)
  }
}

extension UsageLimit {
  init(_ wire: LimitState) {
    self.init(
      name: wire.name, limit: wire.limit, remaining: wire.remaining,
      resetAfter: wire.resetAfterMs == 0 ? nil : .milliseconds(Int64(clamping: wire.resetAfterMs)))
  }
}

extension PlanUsage {
  init(_ wire: UsageReport) {
    self.init(plan: wire.plan, lane: wire.lane, limits: wire.limits.map(UsageLimit.init))
  }
}

extension SendMessage {
  /// Takes over what the options say; what they leave open stays empty.
  mutating func apply(_ options: TurnOptions) {
    lane = options.lane ?? ""
    // 0 would mean "the lane's own time", so the shortest time is 1 ms.
    deadlineMs = options.deadline.map { UInt32(clamping: max($0.wholeMicroseconds / 1_000, 1)) } ?? 0
    toolsJSON = options.tools ?? ""
    noCache = options.skipsCache
  }
}
