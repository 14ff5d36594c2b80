internal import WeirWire

/// Reads a stream of Anthropic's Messages, event by event, and keeps what belongs to more than one of them.
struct MessagesReader: Sendable {
  private var tokens = MessagesEvent.Tokens()
  /// The proof of the thinking block that is being sent.
  private var signature = ""

  /// Takes the data of one event, or a whole message.
  mutating func take(
    _ data: Span<UInt8>, into answer: inout AnswerState, _ output: inout AnswerOutput
  ) throws(MalformedJSON) -> EventEffect {
    let event = try MessagesEvent.scan(data)
    if let complaint = event.complaint { return .failed(complaint) }
    guard let type = event.type else { return .nothing }
    if type.equals("content_block_delta", in: data) { return add(event, data, &answer, &output) }
    if type.equals("content_block_start", in: data) { return begin(event, data, &answer, &output) }
    if type.equals("content_block_stop", in: data) {
      end(event, &answer, &output)
    } else if type.equals("message_start", in: data) || type.equals("message_delta", in: data) {
      note(event, data, &answer)
    } else if type.equals("message_stop", in: data) {
      return .ended
    } else if type.equals("message", in: data) {
      try takeWhole(event, data, &answer, &output)
    } else if type.equals("error", in: data) {
      return .failed(ProviderComplaint(type: "api_error"))
    }
    // Pings keep the connection alive and say nothing of the model; events of later versions are let pass.
    return .nothing
  }

  private mutating func begin(
    _ event: MessagesEvent, _ data: Span<UInt8>, _ answer: inout AnswerState, _ output: inout AnswerOutput
  ) -> EventEffect {
    signature = ""
    let block = event.block
    guard let type = block.type else { return .nothing }
    if type.equals("tool_use", in: data) {
      let place = answer.parts.tool(
        key: Int(event.index ?? 0), id: block.id?.name(in: data) ?? "", name: block.name?.name(in: data) ?? "",
        to: &output)
      // The input is empty here, and comes in pieces; some servers send it whole.
      if let place, let input = block.input, input.count > 2 {
        let arguments = JSONString(range: input, hasEscapes: false)
        answer.parts.addArguments(arguments, of: place, in: data, to: &output)
      }
      return .progress
    }
    if type.equals("redacted_thinking", in: data) {
      if let proof = block.data { answer.parts.sign(ReasoningProof.redacted(proof.text(in: data)).text, to: &output) }
      return .progress
    }
    return add(event, data, &answer, &output)
  }

  private mutating func add(
    _ event: MessagesEvent, _ data: Span<UInt8>, _ answer: inout AnswerState, _ output: inout AnswerOutput
  ) -> EventEffect {
    let block = event.block
    var effect = EventEffect.nothing
    if let text = block.text, !text.range.isEmpty {
      answer.deltas += 1
      answer.parts.addText(text, in: data, to: &output)
      effect = .progress
    }
    if let thinking = block.thinking, !thinking.range.isEmpty {
      answer.deltas += 1
      answer.parts.addReasoning(thinking, in: data, to: &output)
      effect = .progress
    }
    if let piece = block.partialJSON, !piece.range.isEmpty {
      effect = .progress
      // Of a block that is no call of a tool of ours, nothing is kept.
      if let place = answer.parts.place(ofKey: Int(event.index ?? 0)) {
        answer.deltas += 1
        answer.parts.addArguments(piece, of: place, in: data, to: &output)
      }
    }
    if let proof = block.signature, !proof.range.isEmpty {
      signature = proof.text(in: data)
      effect = .progress
    }
    return effect
  }

  private mutating func end(_ event: MessagesEvent, _ answer: inout AnswerState, _ output: inout AnswerOutput) {
    if !signature.isEmpty { answer.parts.sign(ReasoningProof.thinking(signature).text, to: &output) }
    signature = ""
    if let place = answer.parts.place(ofKey: Int(event.index ?? 0)) { answer.parts.endTool(place, to: &output) }
  }

  /// Takes what an event says of the message as a whole. Figures are those of all so far.
  private mutating func note(_ event: MessagesEvent, _ data: Span<UInt8>, _ answer: inout AnswerState) {
    let told = event.tokens
    tokens.input = told.input ?? tokens.input
    tokens.cacheRead = told.cacheRead ?? tokens.cacheRead
    tokens.cacheCreation = told.cacheCreation ?? tokens.cacheCreation
    tokens.output = told.output ?? tokens.output
    if told != MessagesEvent.Tokens() {
      let cached = tokens.cacheRead ?? 0
      answer.usage = Usage(
        inputTokens: (tokens.input ?? 0) + cached + (tokens.cacheCreation ?? 0), outputTokens: tokens.output ?? 0,
        cachedInputTokens: cached)
    }
    if let reason = event.stopReason { answer.finishReason = Self.reason(reason, in: data) }
  }

  private mutating func takeWhole(
    _ event: MessagesEvent, _ data: Span<UInt8>, _ answer: inout AnswerState, _ output: inout AnswerOutput
  ) throws(MalformedJSON) {
    if let content = event.content {
      var cursor = JSONCursor(at: content.lowerBound)
      var isFirst = true
      var index: UInt64 = 0
      try cursor.beginArray(in: data)
      while try cursor.nextElement(in: data, isFirst: &isFirst) {
        guard try cursor.beginObjectOrSkip(in: data) else { continue }
        var block = MessagesEvent()
        block.index = index
        index += 1
        var isFirstMember = true
        while let key = try cursor.nextMember(in: data, isFirst: &isFirstMember) {
          try block.block.scanMember(key, &cursor, data)
        }
        // What a whole block says it says at its beginning.
        _ = begin(block, data, &answer, &output)
        end(block, &answer, &output)
      }
    }
    note(event, data, &answer)
  }

  private static func reason(_ name: JSONString, in data: Span<UInt8>) -> FinishReason {
    if name.equals("max_tokens", in: data) || name.equals("model_context_window_exceeded", in: data) { return .length }
    if name.equals("tool_use", in: data) { return .toolCalls }
    if name.equals("refusal", in: data) { return .contentFilter }
    // end_turn, stop_sequence, pause_turn, and those of later versions.
    return .complete
  }
}
