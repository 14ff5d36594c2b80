internal import WeirWire

// What a chunk adds to the answer.
extension ChatChunk {
  /// Takes the data of one event, or a whole answer.
  static func take(
    _ data: Span<UInt8>, into answer: inout AnswerState, _ output: inout AnswerOutput
  ) throws(MalformedJSON) -> EventEffect {
    let chunk = try scan(data)
    if let complaint = chunk.complaint { return .failed(complaint) }
    if let usage = chunk.usage { answer.usage = usage }
    if let reasoning = chunk.reasoning, !reasoning.range.isEmpty {
      answer.deltas += 1
      answer.parts.addReasoning(reasoning, in: data, to: &output)
    }
    if let content = chunk.content, !content.range.isEmpty {
      answer.deltas += 1
      answer.parts.addText(content, in: data, to: &output)
    }
    if let refusal = chunk.refusal, !refusal.range.isEmpty {
      answer.deltas += 1
      answer.parts.addText(refusal, in: data, to: &output)
      answer.isRefused = true
    }
    for call in chunk.toolCalls { add(call, data, &answer, &output) }
    if let reason = chunk.finishReason { answer.finishReason = reason }
    return chunk.isProgress ? .progress : .nothing
  }

  private static func add(
    _ call: ToolCall, _ data: Span<UInt8>, _ answer: inout AnswerState, _ output: inout AnswerOutput
  ) {
    let place = answer.parts.tool(
      key: call.index.map { Int($0) }, id: call.id?.name(in: data) ?? "", name: call.name?.name(in: data) ?? "",
      to: &output)
    guard let place, let arguments = call.arguments, !arguments.range.isEmpty else { return }
    answer.deltas += 1
    answer.parts.addArguments(arguments, of: place, in: data, to: &output)
  }
}
