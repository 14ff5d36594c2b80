internal import WeirCore

/// Tools, the choice among them and the form of the answer, turned from OpenAI's form into Anthropic's.
struct MessagesTools {
  private let json: [UInt8]
  private let choiceJSON: [UInt8]
  private let tools: [ToolDefinition]
  private let choice: ToolChoice
  /// The schema that the answer must follow.
  let schema: ArraySlice<UInt8>?

  init(_ parameters: CallParameters) throws(MalformedJSON) {
    json = Array(parameters.toolsJSON.utf8)
    choiceJSON = Array(parameters.toolChoiceJSON.utf8)
    tools = json.isEmpty ? [] : try ToolDefinition.scan(json)
    choice = choiceJSON.isEmpty ? .automatic : try ToolChoice.scan(choiceJSON)
    let format = Array(parameters.responseFormatJSON.utf8)
    // "Any JSON object" has no counterpart here: the prompt has to ask for it.
    if !format.isEmpty, case .schema(let wanted) = try ResponseFormat.scan(format) {
      schema = format[wanted.schema]
    } else {
      schema = nil
    }
  }

  /// Whether the model must call a tool, which does not go with reasoning.
  var isForced: Bool {
    switch choice {
    case .automatic, .none: false
    case .required, .function: !tools.isEmpty
    }
  }

  func write(_ body: inout JSONWriter) {
    if tools.isEmpty { return }
    body.key("tools")
    body.array { list in for tool in tools { write(tool, &list) } }
    if choiceJSON.isEmpty { return }
    body.key("tool_choice")
    body.object { fields in
      fields.key("type")
      switch choice {
      case .automatic: fields.value("auto")
      case .none: fields.value("none")
      case .required: fields.value("any")
      case .function(let name):
        fields.value("tool")
        fields.key("name")
        fields.value(name, of: choiceJSON)
      }
    }
  }

  private func write(_ tool: ToolDefinition, _ list: inout JSONWriter) {
    list.object { fields in
      fields.key("name")
      fields.value(tool.name, of: json)
      if let description = tool.description {
        fields.key("description")
        fields.value(description, of: json)
      }
      fields.key("input_schema")
      if let parameters = tool.parameters {
        fields.value(json: json[parameters])
      } else {
        fields.object { schema in
          schema.key("type")
          schema.value("object")
        }
      }
    }
  }
}
