internal import WeirCore
internal import WeirWire

/// The JSON body of a request to Anthropic's Messages.
struct MessagesRequestBody {
  /// The API wants a limit. This one all its models take, and it is an answer of some pages.
  private static let defaultMaximumTokens = 4096
  /// The first message must be the person's.
  private static let beginning = "(The beginning of the conversation is left out.)"

  let bytes: [UInt8]
  /// White space at the end of a prefilled answer, which the API does not take: the model may say it again.
  let repeated: [UInt8]

  init(
    _ messages: [PromptMessage], parameters: CallParameters = CallParameters(), endpoint: EndpointConfiguration
  ) throws(MalformedJSON) {
    let said = messages.filter { !$0.isBlank || $0.role == .tool || !$0.toolCalls.isEmpty }
    var prompt = Prompt(said, allowsPrefill: endpoint.continuation == .prefill)
    repeated = prompt.isPrefilled ? prompt.trimLast() : []
    let tools = try MessagesTools(parameters)
    let reasoning = MessagesReasoning(prompt, parameters: parameters, tools: tools, endpoint: endpoint)
    var writer = JSONWriter()
    writer.object { body in
      body.key("model")
      body.value(endpoint.upstreamModel)
      body.key("max_tokens")
      let limit = parameters.maximumTokens ?? endpoint.maximumAnswerTokens ?? Self.defaultMaximumTokens
      // The budget for reasoning is a part of the limit.
      body.value(limit + reasoning.budget)
      Self.writeSystem(prompt.messages, &body)
      body.key("messages")
      body.array { list in Self.write(prompt, &list) }
      body.key("stream")
      body.value(true)
      if !reasoning.isOn {
        // A temperature of OpenAI's goes to 2, one of Anthropic's to 1.
        body.write("temperature", (parameters.temperature ?? endpoint.temperature).map { min($0, 1) })
        body.write("top_p", parameters.topP)
      }
      Self.writeStop(parameters.stop, &body)
      tools.write(&body)
      reasoning.write(&body)
      Self.writeOutput(tools, endpoint, &body)
    }
    bytes = writer.bytes
  }

  private static func writeSystem(_ messages: [PromptMessage], _ body: inout JSONWriter) {
    let system = messages.filter { $0.role == .system }.map(\.text)
    if system.isEmpty { return }
    body.key("system")
    body.value(system.joined(separator: "\n\n"))
  }

  private static func writeStop(_ stop: [String], _ body: inout JSONWriter) {
    // The API takes none of white space alone.
    let stop = stop.filter { !$0.allSatisfy(\.isWhitespace) }
    if stop.isEmpty { return }
    body.key("stop_sequences")
    body.array { list in for sequence in stop { list.value(sequence) } }
  }

  private static func writeOutput(
    _ tools: MessagesTools, _ endpoint: EndpointConfiguration, _ body: inout JSONWriter
  ) {
    if endpoint.reasoningEffort.isEmpty, tools.schema == nil { return }
    body.key("output_config")
    body.object { output in
      if !endpoint.reasoningEffort.isEmpty {
        output.key("effort")
        output.value(endpoint.reasoningEffort)
      }
      if let schema = tools.schema {
        output.key("format")
        output.object { format in
          format.key("type")
          format.value("json_schema")
          format.key("schema")
          format.value(json: schema)
        }
      }
    }
  }
}

// Messages.
extension MessagesRequestBody {
  /// Writes the conversation: neighbours of one role are one message of several blocks.
  private static func write(_ prompt: Prompt, _ list: inout JSONWriter) {
    let turns = prompt.messages.indices.filter { prompt.messages[$0].role != .system }
    var next = 0
    if let first = turns.first, prompt.messages[first].role == .assistant {
      list.object { message in
        message.key("role")
        message.value("user")
        message.key("content")
        message.value(beginning)
      }
    }
    while next < turns.count {
      let isAssistant = prompt.messages[turns[next]].role == .assistant
      list.object { message in
        message.key("role")
        message.value(isAssistant ? "assistant" : "user")
        message.key("content")
        message.array { blocks in
          while next < turns.count, (prompt.messages[turns[next]].role == .assistant) == isAssistant {
            write(turns[next], of: prompt, &blocks)
            next += 1
          }
        }
      }
    }
  }

  private static func write(_ index: Int, of prompt: Prompt, _ blocks: inout JSONWriter) {
    let message = prompt.messages[index]
    if message.role == .tool { return writeResult(message, &blocks) }
    if message.role == .assistant {
      for (text, proof) in prompt.proofs(at: index) { write(text, proof, &blocks) }
    }
    if !message.isBlank {
      blocks.object { block in
        block.key("type")
        block.value("text")
        block.key("text")
        block.value(message.text)
      }
    }
    if message.role == .assistant {
      for call in message.toolCalls { write(call, &blocks) }
    }
  }

  private static func write(_ text: String, _ proof: ReasoningProof, _ blocks: inout JSONWriter) {
    switch proof {
    case .thinking(let signature):
      blocks.object { block in
        block.key("type")
        block.value("thinking")
        block.key("thinking")
        block.value(text)
        block.key("signature")
        block.value(signature)
      }
    case .redacted(let data):
      blocks.object { block in
        block.key("type")
        block.value("redacted_thinking")
        block.key("data")
        block.value(data)
      }
    case .encrypted: break
    }
  }

  private static func write(_ call: ToolCall, _ blocks: inout JSONWriter) {
    blocks.object { block in
      block.key("type")
      block.value("tool_use")
      block.key("id")
      block.value(call.id)
      block.key("name")
      block.value(call.name)
      block.key("input")
      writeInput(call.arguments, &block)
    }
  }

  /// The input must be an object; what the model wrote need not be one.
  private static func writeInput(_ arguments: String, _ block: inout JSONWriter) {
    let json = Array(arguments.utf8)
    var cursor = JSONCursor()
    let isObject: Bool
    do throws(MalformedJSON) {
      isObject = cursor.peek(in: json.span) == UInt8(ascii: "{")
      try cursor.skipValue(in: json.span)
      try cursor.expectEnd(in: json.span)
    } catch {
      return writeUnparsed(arguments, &block)
    }
    if isObject { block.value(json: json) } else { writeUnparsed(arguments, &block) }
  }

  private static func writeUnparsed(_ arguments: String, _ block: inout JSONWriter) {
    block.object { input in
      if arguments.allSatisfy(\.isWhitespace) { return }
      input.key("unparsed")
      input.value(arguments)
    }
  }

  private static func writeResult(_ message: PromptMessage, _ blocks: inout JSONWriter) {
    blocks.object { block in
      block.key("type")
      block.value("tool_result")
      block.key("tool_use_id")
      block.value(message.toolCallID)
      if message.isBlank { return }
      block.key("content")
      block.value(message.text)
    }
  }
}

extension PromptMessage {
  /// Whether there is nothing to read, which the API does not take.
  var isBlank: Bool { text.allSatisfy(\.isWhitespace) }
}

extension Prompt {
  /// Takes white space off the end of the last message; that white space.
  fileprivate mutating func trimLast() -> [UInt8] {
    guard let last = messages.indices.last else { return [] }
    let text = messages[last].text
    let end = text.lastIndex { !$0.isWhitespace }.map { text.index(after: $0) } ?? text.startIndex
    messages[last].text = String(text[..<end])
    return Array(text[end...].utf8)
  }
}
