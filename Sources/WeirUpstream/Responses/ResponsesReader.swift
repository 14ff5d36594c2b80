internal import WeirWire

/// Reads a stream of OpenAI's Responses, event by event.
enum ResponsesReader {
  private static let paragraph = Array("\n\n".utf8)

  /// Takes the data of one event, or a whole response.
  static func take(
    _ data: Span<UInt8>, into answer: inout AnswerState, _ output: inout AnswerOutput
  ) throws(MalformedJSON) -> EventEffect {
    let event = try ResponsesEvent.scan(data)
    guard let type = event.type else {
      if event.isResponse { return try end(data, at: 0, &answer, &output) }
      let said = event.outer.message.isEmpty ? nil : event.outer
      return (event.complaint ?? said).map { .failed($0) } ?? .nothing
    }
    if type.equals("response.output_text.delta", in: data) {
      return add(event.delta, data, &answer, &output) { parts, text, output in
        parts.addText(text, in: data, to: &output)
      }
    }
    if type.equals("response.reasoning_summary_text.delta", in: data)
      || type.equals("response.reasoning_text.delta", in: data)
    {
      return add(event.delta, data, &answer, &output) { parts, text, output in
        parts.addReasoning(text, in: data, to: &output)
      }
    }
    if type.equals("response.function_call_arguments.delta", in: data) {
      guard let place = answer.parts.place(ofKey: Int(event.outputIndex ?? 0)) else { return .nothing }
      return add(event.delta, data, &answer, &output) { parts, text, output in
        parts.addArguments(text, of: place, in: data, to: &output)
      }
    }
    if type.equals("response.refusal.delta", in: data) {
      answer.isRefused = true
      return add(event.delta, data, &answer, &output) { parts, text, output in
        parts.addText(text, in: data, to: &output)
      }
    }
    return try takeRare(event, type, data, &answer, &output)
  }

  private static func add(
    _ delta: JSONString?, _ data: borrowing Span<UInt8>, _ answer: inout AnswerState, _ output: inout AnswerOutput,
    _ add: (inout AnswerParts, JSONString, inout AnswerOutput) -> Void
  ) -> EventEffect {
    guard let delta, !delta.range.isEmpty else { return .nothing }
    answer.deltas += 1
    add(&answer.parts, delta, &output)
    return .progress
  }

  private static func takeRare(
    _ event: ResponsesEvent, _ type: JSONString, _ data: Span<UInt8>, _ answer: inout AnswerState,
    _ output: inout AnswerOutput
  ) throws(MalformedJSON) -> EventEffect {
    if type.equals("response.output_item.added", in: data) {
      return begin(event, data, &answer, &output)
    }
    if type.equals("response.output_item.done", in: data) {
      if let item = event.item { end(item, event.outputIndex, data, &answer, &output) }
    } else if type.equals("response.function_call_arguments.done", in: data) {
      if let place = answer.parts.place(ofKey: Int(event.outputIndex ?? 0)) {
        end(place, event.arguments, data, &answer, &output)
      }
    } else if type.equals("response.reasoning_summary_part.added", in: data) {
      if event.summaryIndex ?? 0 > 0 { addParagraph(&answer, &output) }
    } else if type.equals("response.completed", in: data) || type.equals("response.incomplete", in: data)
      || type.equals("response.failed", in: data)
    {
      if let response = event.response { return try end(data, at: response.lowerBound, &answer, &output) }
      if let complaint = event.complaint { return .failed(complaint) }
      return type.equals("response.failed", in: data) ? .failed(ProviderComplaint(code: "server_error")) : .ended
    } else if type.equals("error", in: data) {
      return .failed(event.complaint ?? event.outer)
    }
    // The beginnings and ends of what has been told by its deltas, and events of later versions.
    return .nothing
  }

  /// Summaries of reasoning come in several parts, each a paragraph.
  private static func addParagraph(_ answer: inout AnswerState, _ output: inout AnswerOutput) {
    let text = JSONString(range: 0..<paragraph.count, hasEscapes: false)
    answer.parts.addReasoning(text, in: paragraph.span, to: &output)
  }
}

// Items.
extension ResponsesReader {
  private static func begin(
    _ event: ResponsesEvent, _ data: Span<UInt8>, _ answer: inout AnswerState, _ output: inout AnswerOutput
  ) -> EventEffect {
    guard let item = event.item, let type = item.type else { return .nothing }
    // A model may reason for long without a word: that it has begun to is no reason to expect one soon.
    guard type.equals("function_call", in: data) else {
      return type.equals("message", in: data) ? .progress : .nothing
    }
    _ = tool(item, event.outputIndex, data, &answer, &output)
    return .progress
  }

  private static func tool(
    _ item: ResponsesEvent.Item, _ index: UInt64?, _ data: Span<UInt8>, _ answer: inout AnswerState,
    _ output: inout AnswerOutput
  ) -> Int? {
    answer.parts.tool(
      key: index.map { Int($0) }, id: item.callID?.name(in: data) ?? "", name: item.name?.name(in: data) ?? "",
      to: &output)
  }

  /// An item is whole: what its deltas did not tell is taken from it.
  private static func end(
    _ item: ResponsesEvent.Item, _ index: UInt64?, _ data: Span<UInt8>, _ answer: inout AnswerState,
    _ output: inout AnswerOutput
  ) {
    guard let type = item.type else { return }
    if type.equals("function_call", in: data) {
      guard let place = tool(item, index, data, &answer, &output) else { return }
      end(place, item.arguments, data, &answer, &output)
    } else if type.equals("reasoning", in: data), let content = item.encryptedContent, !content.range.isEmpty {
      let proof = ReasoningProof.encrypted(id: item.id?.name(in: data) ?? "", content: content.text(in: data))
      answer.parts.sign(proof.text, to: &output)
    }
  }

  private static func end(
    _ place: Int, _ arguments: JSONString?, _ data: Span<UInt8>, _ answer: inout AnswerState,
    _ output: inout AnswerOutput
  ) {
    if let arguments, !arguments.range.isEmpty, !answer.parts.hasArguments(place) {
      answer.deltas += 1
      answer.parts.addArguments(arguments, of: place, in: data, to: &output)
    }
    answer.parts.endTool(place, to: &output)
  }
}

// The end.
extension ResponsesReader {
  /// Takes the object of a whole response: its status, and its output if none of it has been told.
  private static func end(
    _ data: Span<UInt8>, at start: Int, _ answer: inout AnswerState, _ output: inout AnswerOutput
  ) throws(MalformedJSON) -> EventEffect {
    let summary = try ResponsesSummary.scan(data, at: start)
    if let complaint = summary.complaint { return .failed(complaint) }
    if let usage = summary.usage { answer.usage = usage }
    if let items = summary.output, !answer.parts.hasBegun {
      try takeOutput(data, at: items.lowerBound, &answer, &output)
    }
    if summary.status?.equals("failed", in: data) == true || summary.status?.equals("cancelled", in: data) == true {
      return .failed(ProviderComplaint(code: "server_error"))
    }
    guard summary.status?.equals("incomplete", in: data) == true else {
      answer.finishReason = .complete
      return .ended
    }
    let isFiltered = summary.reason?.equals("content_filter", in: data) == true
    answer.finishReason = isFiltered ? .contentFilter : .length
    return .ended
  }

  private static func takeOutput(
    _ data: Span<UInt8>, at start: Int, _ answer: inout AnswerState, _ output: inout AnswerOutput
  ) throws(MalformedJSON) {
    var cursor = JSONCursor(at: start)
    var isFirst = true
    var index: UInt64 = 0
    try cursor.beginArray(in: data)
    while try cursor.nextElement(in: data, isFirst: &isFirst) {
      guard let item = try ResponsesEvent.Item.scan(&cursor, data) else { continue }
      if let texts = item.summary { try takeTexts(data, at: texts.lowerBound, isReasoning: true, &answer, &output) }
      if let texts = item.content {
        let isReasoning = item.type?.equals("reasoning", in: data) ?? false
        try takeTexts(data, at: texts.lowerBound, isReasoning: isReasoning, &answer, &output)
      }
      end(item, index, data, &answer, &output)
      index += 1
    }
  }

  private static func takeTexts(
    _ data: Span<UInt8>, at start: Int, isReasoning: Bool, _ answer: inout AnswerState, _ output: inout AnswerOutput
  ) throws(MalformedJSON) {
    var cursor = JSONCursor(at: start)
    var isFirst = true
    try cursor.beginArray(in: data)
    while try cursor.nextElement(in: data, isFirst: &isFirst) {
      guard try cursor.beginObjectOrSkip(in: data) else { continue }
      var isFirstMember = true
      while let key = try cursor.nextMember(in: data, isFirst: &isFirstMember) {
        let value = try cursor.stringOrSkip(in: data)
        guard let value else { continue }
        if key.equals("refusal", in: data) { answer.isRefused = true }
        guard key.equals("text", in: data) || key.equals("refusal", in: data) else { continue }
        if isReasoning {
          answer.parts.addReasoning(value, in: data, to: &output)
        } else {
          answer.parts.addText(value, in: data, to: &output)
        }
      }
    }
  }
}
