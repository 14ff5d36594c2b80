internal import WeirCore
internal import WeirWire

/// The JSON body of a request to OpenAI's Responses. The API has no stop sequences and no seed: those of the call are left
/// out. It cannot be handed the beginning of an answer, so it is always asked to go on.
enum ResponsesRequestBody {
  static func bytes(
    _ messages: [PromptMessage], parameters: CallParameters = CallParameters(), endpoint: EndpointConfiguration
  ) throws(MalformedJSON) -> [UInt8] {
    let prompt = Prompt(messages, allowsPrefill: false)
    let toolsJSON = Array(parameters.toolsJSON.utf8)
    let tools = toolsJSON.isEmpty ? [] : try ToolDefinition.scan(toolsJSON)
    let choiceJSON = Array(parameters.toolChoiceJSON.utf8)
    let choice = choiceJSON.isEmpty ? nil : try ToolChoice.scan(choiceJSON)
    let formatJSON = Array(parameters.responseFormatJSON.utf8)
    let format = formatJSON.isEmpty ? .text : try ResponseFormat.scan(formatJSON)
    var writer = JSONWriter()
    writer.object { body in
      body.key("model")
      body.value(endpoint.upstreamModel)
      body.key("input")
      body.array { list in
        for index in prompt.messages.indices { write(index, of: prompt, &list) }
      }
      body.key("stream")
      body.value(true)
      // Conversations are kept here; the provider is not to keep them too.
      body.key("store")
      body.value(false)
      if let tokens = parameters.maximumTokens ?? endpoint.maximumAnswerTokens {
        body.key("max_output_tokens")
        body.value(tokens)
      }
      body.write("temperature", parameters.temperature ?? endpoint.temperature)
      body.write("top_p", parameters.topP)
      writeReasoning(endpoint, &body)
      if !tools.isEmpty {
        body.key("tools")
        body.array { list in for tool in tools { write(tool, of: toolsJSON, &list) } }
        if let choice { write(choice, of: choiceJSON, &body) }
      }
      write(format, of: formatJSON, &body)
    }
    return writer.bytes
  }

  private static func writeReasoning(_ endpoint: EndpointConfiguration, _ body: inout JSONWriter) {
    // Models that do not reason refuse a request that speaks of it.
    if endpoint.reasoningEffort.isEmpty { return }
    body.key("reasoning")
    body.object { reasoning in
      reasoning.key("effort")
      reasoning.value(endpoint.reasoningEffort)
      reasoning.key("summary")
      reasoning.value("auto")
    }
    body.key("include")
    body.array { list in list.value("reasoning.encrypted_content") }
  }
}

// Input items.
extension ResponsesRequestBody {
  private static func write(_ index: Int, of prompt: Prompt, _ list: inout JSONWriter) {
    let message = prompt.messages[index]
    switch message.role {
    case .tool: return writeResult(message, &list)
    case .assistant:
      for (text, proof) in prompt.proofs(at: index) { write(text, proof, &list) }
      if !message.text.isEmpty { write("assistant", message.text, &list) }
      for call in message.toolCalls { write(call, &list) }
    case .system: write("system", message.text, &list)
    default: write("user", message.text, &list)
    }
  }

  private static func write(_ role: String, _ text: String, _ list: inout JSONWriter) {
    list.object { item in
      item.key("role")
      item.value(role)
      item.key("content")
      item.value(text)
    }
  }

  private static func write(_ text: String, _ proof: ReasoningProof, _ list: inout JSONWriter) {
    guard case .encrypted(let id, let content) = proof else { return }
    list.object { item in
      item.key("type")
      item.value("reasoning")
      item.key("id")
      item.value(id)
      item.key("summary")
      item.array { summary in
        if text.isEmpty { return }
        summary.object { piece in
          piece.key("type")
          piece.value("summary_text")
          piece.key("text")
          piece.value(text)
        }
      }
      item.key("encrypted_content")
      item.value(content)
    }
  }

  private static func write(_ call: ToolCall, _ list: inout JSONWriter) {
    list.object { item in
      item.key("type")
      item.value("function_call")
      item.key("call_id")
      item.value(call.id)
      item.key("name")
      item.value(call.name)
      item.key("arguments")
      item.value(call.arguments)
    }
  }

  private static func writeResult(_ message: PromptMessage, _ list: inout JSONWriter) {
    list.object { item in
      item.key("type")
      item.value("function_call_output")
      item.key("call_id")
      item.value(message.toolCallID)
      item.key("output")
      item.value(message.text)
    }
  }
}

// Tools and form.
extension ResponsesRequestBody {
  private static func write(_ tool: ToolDefinition, of json: [UInt8], _ list: inout JSONWriter) {
    list.object { fields in
      fields.key("type")
      fields.value("function")
      fields.key("name")
      fields.value(tool.name, of: json)
      if let description = tool.description {
        fields.key("description")
        fields.value(description, of: json)
      }
      fields.key("parameters")
      if let parameters = tool.parameters {
        fields.value(json: json[parameters])
      } else {
        fields.value(json: "{}".utf8)
      }
      // Here the default is strict, which many schemas written for chat completions are not fit for.
      fields.key("strict")
      if let strict = tool.strict { fields.value(json: json[strict]) } else { fields.value(false) }
    }
  }

  private static func write(_ choice: ToolChoice, of json: [UInt8], _ body: inout JSONWriter) {
    body.key("tool_choice")
    switch choice {
    case .automatic: body.value("auto")
    case .none: body.value("none")
    case .required: body.value("required")
    case .function(let name):
      body.object { fields in
        fields.key("type")
        fields.value("function")
        fields.key("name")
        fields.value(name, of: json)
      }
    }
  }

  private static func write(_ format: ResponseFormat, of json: [UInt8], _ body: inout JSONWriter) {
    if format == .text { return }
    body.key("text")
    body.object { text in
      text.key("format")
      text.object { fields in
        fields.key("type")
        guard case .schema(let schema) = format else { return fields.value("json_object") }
        fields.value("json_schema")
        fields.key("name")
        if let name = schema.name { fields.value(name, of: json) } else { fields.value("answer") }
        fields.key("schema")
        fields.value(json: json[schema.schema])
        guard let strict = schema.strict else { return }
        fields.key("strict")
        fields.value(json: json[strict])
      }
    }
  }
}
