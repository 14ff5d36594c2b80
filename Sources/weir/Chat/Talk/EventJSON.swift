import WeirClient

// The events of `--json`: one object per line, named by "event", with the field names of the wire schema.

extension TurnEvent {
  var json: JSONLine {
    var line = JSONLine()
    switch self {
    case .acked(let acked):
      line.add("event", "acked")
      line.add("conversation_id", acked.conversationID)
      line.add("sequence", acked.sequence)
      line.add("turn_id", acked.turnID)
      line.add("revision", acked.revision)
      line.add("duplicate", acked.isDuplicate)
    case .queued(let queued):
      line.add("event", "queued")
      line.add("turn_id", queued.turnID)
      line.add("position", queued.position)
      line.add("lane", queued.lane)
      line.add("reason", queued.reason.rawValue)
      if let estimate = queued.estimate { line.add("estimate_ms", estimate.inMilliseconds, digits: 0) }
    case .started(let started):
      line.add("event", "started")
      line.add("turn_id", started.turnID)
      line.add("conversation_id", started.conversationID)
      line.add("model", started.model)
      line.add("offset", started.offset)
      if started.isCached { line.add("cached", true) }
    case .text(let text):
      line.add("event", "text")
      line.add("text", text)
    case .reasoning(let text):
      line.add("event", "reasoning")
      line.add("text", text)
    case .toolCall(let call):
      line.add("event", "tool_call")
      line.add("id", call.id)
      line.add("name", call.name)
    case .toolArguments(let text):
      line.add("event", "tool_arguments")
      line.add("text", text)
    case .seam(let change):
      line.add("event", "seam")
      line.add("turn_id", change.turnID)
      line.add("offset", change.offset)
      line.add("from_endpoint", change.from)
      line.add("to_endpoint", change.to)
      if let reason = change.reason { line.add(reason) }
    case .finished(let finished):
      line.add("event", "finished")
      line.add("turn_id", finished.turnID)
      line.add("conversation_id", finished.conversationID)
      line.add("reason", finished.reason.rawValue)
      line.add("sequence", finished.sequence)
      line.add("length", finished.length)
      line.add("revision", finished.revision)
      if finished.isCached { line.add("cached", true) }
      if let usage = finished.usage {
        line.add("input_tokens", usage.inputTokens)
        line.add("output_tokens", usage.outputTokens)
        line.add("cached_input_tokens", usage.cachedInputTokens)
        line.add("reasoning_tokens", usage.reasoningTokens)
        line.add("estimated", usage.isEstimated)
      }
    case .failed(let failed):
      line.add("event", "failed")
      line.add("turn_id", failed.turnID)
      line.add(failed.error)
      line.add("partial_kept", failed.partialKept)
      line.add("length", failed.length)
    }
    return line
  }
}

extension ClientEvent {
  /// nil: nothing that a script would act on.
  var json: JSONLine? {
    var line = JSONLine()
    switch self {
    case .connected(let info, let isReconnect):
      line.add("event", isReconnect ? "reconnected" : "connected")
      line.add("server", info.server)
      line.add("user", info.user)
    case .disconnected(let error, let delay):
      line.add("event", "disconnected")
      line.add(error)
      line.add("reconnect_after_ms", delay.inMilliseconds, digits: 0)
    case .stopped(let error):
      if error.code == .closed { return nil }
      line.add("event", "gave_up")
      line.add(error)
    case .goodbye(let message):
      line.add("event", "goodbye")
      line.add("message", message)
    case .refused(let error):
      line.add("event", "refused")
      line.add(error)
    case .messageAdded(let conversationID, let message, let revision):
      line.add("event", "message_added")
      line.add("conversation_id", conversationID)
      line.add("message", raw: message.json.text)
      line.add("revision", revision)
    case .conversationChanged(let conversation):
      line.add("event", "conversation_changed")
      line.add("conversation", raw: conversation.json.text)
    case .conversationDeleted(let id):
      line.add("event", "conversation_deleted")
      line.add("conversation_id", id)
    case .turnStarted, .missed: return nil
    }
    return line
  }
}

extension ChatMessage {
  var json: JSONLine {
    var line = JSONLine()
    line.add("sequence", sequence)
    line.add("role", role.rawValue)
    line.add("text", text)
    line.add("created_at_ms", createdAtMs)
    line.add("turn_id", turnID)
    line.add("status", status.rawValue)
    if !model.isEmpty { line.add("model", model) }
    if !promptVersion.isEmpty { line.add("prompt_version", promptVersion) }
    if isCached { line.add("cached", true) }
    // Plain text is all there mostly is, and `text` has it.
    if parts.contains(where: { if case .text = $0 { false } else { true } }) {
      line.add("parts", raw: "[\(parts.map(\.json.text).joined(separator: ","))]")
    }
    return line
  }
}

extension ChatPart {
  var json: JSONLine {
    var line = JSONLine()
    switch self {
    case .text(let text): line.add("text", text)
    case .reasoning(let text): line.add("reasoning", text)
    case .toolCall(let call):
      line.add("tool_call_id", call.id)
      line.add("tool_name", call.name)
      line.add("arguments", call.arguments)
    case .toolResult(let result):
      line.add("tool_call_id", result.callID)
      line.add("result", result.text)
      line.add("failed", result.isFailure)
    case .unknown: break
    }
    return line
  }
}

extension PlanUsage {
  var json: JSONLine {
    var line = JSONLine()
    line.add("event", "usage")
    line.add("plan", plan)
    line.add("lane", lane)
    line.add("limits", raw: "[\(limits.map(\.json.text).joined(separator: ","))]")
    return line
  }
}

extension UsageLimit {
  var json: JSONLine {
    var line = JSONLine()
    line.add("name", name)
    line.add("limit", limit)
    line.add("remaining", remaining)
    if let resetAfter { line.add("reset_after_ms", resetAfter.inMilliseconds, digits: 0) }
    return line
  }
}

extension ChatConversation {
  var json: JSONLine {
    var line = JSONLine()
    line.add("id", id)
    line.add("title", title)
    line.add("updated_at_ms", updatedAtMs)
    line.add("revision", revision)
    line.add("last_sequence", lastSequence)
    return line
  }
}

extension JSONLine {
  /// The members that every failure has.
  mutating func add(_ error: WeirClientError) {
    add("code", error.code.rawValue)
    add("message", error.message)
    add("retryable", error.isRetryable)
    if let delay = error.retryAfter { add("retry_after_ms", delay.inMilliseconds, digits: 0) }
    if let status = error.httpStatus { add("http_status", status) }
    if let limit = error.limit { add("limit", raw: limit.json.text) }
  }
}
