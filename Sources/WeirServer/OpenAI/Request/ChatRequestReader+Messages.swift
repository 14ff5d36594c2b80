import WeirCore
import WeirWire

extension ChatRequestReader {
  mutating func messages() throws(InvalidRequest) -> [PromptMessage] {
    try list("messages", upTo: limits.messages) { reader throws(InvalidRequest) in try reader.message() }
  }

  /// The fields of a message, as they came.
  private struct Draft {
    var role: String?
    var content: String?
    var toolCalls: [ToolCall] = []
    var toolCallID: String?
  }

  private mutating func message() throws(InvalidRequest) -> PromptMessage {
    var draft = Draft()
    var isFirst = true
    try scanner.beginObject()
    while let key = try scanner.nextKey(&isFirst) {
      do throws(InvalidRequest) {
        try readField(key, into: &draft)
      } catch {
        throw error.inside(key)
      }
    }
    return try message(of: draft)
  }

  private mutating func readField(_ key: String, into draft: inout Draft) throws(InvalidRequest) {
    if try scanner.takeNull() { return }
    switch key {
    case "role": draft.role = try scanner.string()
    case "content": draft.content = try content()
    case "tool_call_id": draft.toolCallID = try scanner.string()
    case "tool_calls":
      draft.toolCalls = try list("tool calls", upTo: limits.toolCalls) { reader throws(InvalidRequest) in
        try reader.toolCall()
      }
    case "function_call": throw InvalidRequest("Functions in this form are not taken; send tool_calls.")
    default: try scanner.skipValue()
    }
  }

  private func message(of draft: Draft) throws(InvalidRequest) -> PromptMessage {
    guard let name = draft.role else { throw InvalidRequest("Every message has a role; send it.", param: "role") }
    let role: Role
    switch name {
    case "system", "developer": role = .system
    case "user": role = .user
    case "assistant": role = .assistant
    case "tool": role = .tool
    default:
      throw InvalidRequest("The roles here are system, developer, user, assistant and tool; use one.", param: "role")
    }
    if role != .assistant, !draft.toolCalls.isEmpty {
      throw InvalidRequest("Only the assistant calls tools; leave tool_calls out.", param: "tool_calls")
    }
    // An answer that only calls tools says nothing.
    guard let text = draft.content ?? (draft.toolCalls.isEmpty ? nil : "") else {
      throw InvalidRequest("This message says nothing; send its content.", param: "content")
    }
    var message = PromptMessage(role: role, text: text)
    message.toolCalls = draft.toolCalls
    if role == .tool {
      guard let id = draft.toolCallID, !id.isEmpty else {
        throw InvalidRequest("A tool's message names the call that it answers; send it.", param: "tool_call_id")
      }
      message.toolCallID = id
    }
    return message
  }

  /// A string, or parts of text that are one text together.
  private mutating func content() throws(InvalidRequest) -> String {
    switch try scanner.kind() {
    case .string: return try scanner.string()
    case .array:
      return try list("parts", upTo: limits.parts) { reader throws(InvalidRequest) in try reader.part() }.joined()
    case let kind: throw InvalidRequest("This must be a string or an array of parts, not \(kind.name).")
    }
  }

  private mutating func part() throws(InvalidRequest) -> String {
    var type: String?
    var text: String?
    var isFirst = true
    try scanner.beginObject()
    while let key = try scanner.nextKey(&isFirst) {
      do throws(InvalidRequest) {
        switch key {
        case "type": type = try scanner.string()
        case "text": text = try scanner.string()
        default: try scanner.skipValue()
        }
      } catch {
        throw error.inside(key)
      }
    }
    guard type == "text" else {
      let shown = type.map { AuthError.cleaned($0) } ?? "none"
      throw InvalidRequest(
        "Content is text here, and this part's type is \(shown); send parts of type text.", param: "type")
    }
    guard let text else { throw InvalidRequest("A part of type text has a text; send it.", param: "text") }
    return text
  }

  private mutating func toolCall() throws(InvalidRequest) -> ToolCall {
    var call = ToolCall()
    var isFirst = true
    try scanner.beginObject()
    while let key = try scanner.nextKey(&isFirst) {
      do throws(InvalidRequest) {
        switch key {
        case "id": call.id = try scanner.string()
        case "type": try functionType()
        case "function": try function(of: &call)
        default: try scanner.skipValue()
        }
      } catch {
        throw error.inside(key)
      }
    }
    if call.id.isEmpty { throw InvalidRequest("A tool call has an id; send it.", param: "id") }
    if call.name.isEmpty { throw InvalidRequest("A tool call names its function; send it.", param: "function.name") }
    return call
  }

  private mutating func function(of call: inout ToolCall) throws(InvalidRequest) {
    var isFirst = true
    try scanner.beginObject()
    while let key = try scanner.nextKey(&isFirst) {
      do throws(InvalidRequest) {
        switch key {
        case "name": call.name = try scanner.string()
        case "arguments": call.arguments = try scanner.string()
        default: try scanner.skipValue()
        }
      } catch {
        throw error.inside(key)
      }
    }
  }

  /// The one type of tool that is passed on.
  mutating func functionType() throws(InvalidRequest) {
    if try scanner.string() != "function" {
      throw InvalidRequest("Tools are functions here; send tools of type function.")
    }
  }
}
