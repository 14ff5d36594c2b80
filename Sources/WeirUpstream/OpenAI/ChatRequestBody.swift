internal import WeirCore
internal import WeirWire

/// The JSON body of a chat completion request.
enum ChatRequestBody {
  /// For models that answer the last message and cannot be handed the beginning of their answer.
  private static let goOn =
    "Go on with your last answer exactly where it stops. Repeat nothing and add no introduction."

  static func bytes(_ messages: [PromptMessage], endpoint: EndpointConfiguration) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { body in
      body.key("model")
      body.value(endpoint.upstreamModel)
      body.key("messages")
      body.array { list in
        for message in messages { write(role(message.role), message.text, &list) }
        if messages.last?.role == .assistant, endpoint.continuation == .instruction { write("user", goOn, &list) }
      }
      body.key("stream")
      body.value(true)
      body.key("stream_options")
      body.object { options in
        options.key("include_usage")
        options.value(true)
      }
      if let tokens = endpoint.maximumAnswerTokens {
        body.key("max_tokens")
        body.value(tokens)
      }
      if let temperature = endpoint.temperature {
        body.key("temperature")
        body.value(temperature)
      }
    }
    return writer.bytes
  }

  private static func write(_ role: String, _ text: String, _ list: inout JSONWriter) {
    list.object { message in
      message.key("role")
      message.value(role)
      message.key("content")
      message.value(text)
    }
  }

  /// A role of a later version is the person's: the least that can be trusted.
  private static func role(_ role: Role) -> String {
    switch role {
    case .system: "system"
    case .assistant: "assistant"
    default: "user"
    }
  }
}
