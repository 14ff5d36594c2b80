internal import WeirCore
internal import WeirWire

/// The JSON body of a chat completion request.
enum ChatRequestBody {
  static func bytes(
    _ messages: [PromptMessage], parameters: CallParameters = CallParameters(), endpoint: EndpointConfiguration
  ) throws(MalformedJSON) -> [UInt8] {
    let prompt = Prompt(messages, allowsPrefill: endpoint.continuation == .prefill)
    let (tools, choice, format) = try checked(parameters)
    var writer = JSONWriter()
    writer.object { body in
      body.key("model")
      body.value(endpoint.upstreamModel)
      body.key("messages")
      body.array { list in
        for message in prompt.messages { write(message, &list) }
      }
      body.key("stream")
      body.value(true)
      body.key("stream_options")
      body.object { options in
        options.key("include_usage")
        options.value(true)
      }
      write(parameters, endpoint, &body)
      if !tools.isEmpty {
        body.key("tools")
        body.value(json: tools)
        if !choice.isEmpty {
          body.key("tool_choice")
          body.value(json: choice)
        }
      }
      if !format.isEmpty {
        body.key("response_format")
        body.value(json: format)
      }
    }
    return writer.bytes
  }

  /// What is already in OpenAI's form is sent as it stands, once it is known to be JSON of that form: it may come from a
  /// device, and must not reach beyond its place in the body. An empty list of tools is none.
  private static func checked(
    _ parameters: CallParameters
  ) throws(MalformedJSON) -> (tools: [UInt8], choice: [UInt8], format: [UInt8]) {
    var tools = Array(parameters.toolsJSON.utf8)
    if !tools.isEmpty, try ToolDefinition.scan(tools).isEmpty { tools = [] }
    let choice = Array(parameters.toolChoiceJSON.utf8)
    if !choice.isEmpty { _ = try ToolChoice.scan(choice) }
    let format = Array(parameters.responseFormatJSON.utf8)
    if !format.isEmpty { _ = try ResponseFormat.scan(format) }
    return (tools, choice, format)
  }

  private static func write(
    _ parameters: CallParameters, _ endpoint: EndpointConfiguration, _ body: inout JSONWriter
  ) {
    if let tokens = parameters.maximumTokens ?? endpoint.maximumAnswerTokens {
      body.key(endpoint.tokenLimitField == .maxTokens ? "max_tokens" : "max_completion_tokens")
      body.value(tokens)
    }
    body.write("temperature", parameters.temperature ?? endpoint.temperature)
    body.write("top_p", parameters.topP)
    if !parameters.stop.isEmpty {
      body.key("stop")
      body.array { list in for stop in parameters.stop { list.value(stop) } }
    }
    if let seed = parameters.seed {
      body.key("seed")
      body.value(seed)
    }
    if !endpoint.reasoningEffort.isEmpty {
      body.key("reasoning_effort")
      body.value(endpoint.reasoningEffort)
    }
  }

  private static func write(_ message: PromptMessage, _ list: inout JSONWriter) {
    list.object { fields in
      fields.key("role")
      fields.value(role(message.role))
      fields.key("content")
      fields.value(message.text)
      if message.role == .tool {
        fields.key("tool_call_id")
        fields.value(message.toolCallID)
      }
      if message.role == .assistant, !message.toolCalls.isEmpty {
        fields.key("tool_calls")
        fields.array { calls in
          for call in message.toolCalls { write(call, &calls) }
        }
      }
    }
  }

  private static func write(_ call: ToolCall, _ calls: inout JSONWriter) {
    calls.object { fields in
      fields.key("id")
      fields.value(call.id)
      fields.key("type")
      fields.value("function")
      fields.key("function")
      fields.object { function in
        function.key("name")
        function.value(call.name)
        function.key("arguments")
        function.value(call.arguments)
      }
    }
  }

  /// A role of a later version is the person's: the least that can be trusted.
  private static func role(_ role: Role) -> String {
    switch role {
    case .system: "system"
    case .assistant: "assistant"
    case .tool: "tool"
    default: "user"
    }
  }
}

extension JSONWriter {
  /// Writes a member unless it has no value that JSON can say.
  mutating func write(_ name: StaticString, _ number: Double?) {
    guard let number, number.isFinite else { return }
    key(name)
    value(number)
  }
}
