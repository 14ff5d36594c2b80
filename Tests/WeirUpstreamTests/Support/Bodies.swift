import Foundation
import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

/// A request's body as another JSON reader understands it.
struct Body {
  let members: [String: Any]

  init(_ bytes: [UInt8]) throws {
    members = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  subscript(name: String) -> Any? { members[name] }

  /// A member as JSON text with sorted keys, to compare.
  func json(_ name: String) throws -> String {
    let value = try #require(members[name], "\(name)")
    let data = try JSONSerialization.data(
      withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed, .withoutEscapingSlashes])
    return String(decoding: data, as: UTF8.self)
  }
}

extension PromptMessage {
  static func system(_ text: String) -> PromptMessage { PromptMessage(role: .system, text: text) }
  static func user(_ text: String) -> PromptMessage { PromptMessage(role: .user, text: text) }

  static func assistant(_ text: String, calls: [ToolCall] = [], reasoning: [Reasoning] = []) -> PromptMessage {
    var message = PromptMessage(role: .assistant, text: text)
    message.toolCalls = calls
    message.reasoning = reasoning
    return message
  }

  static func result(_ id: String, _ text: String) -> PromptMessage {
    var message = PromptMessage(role: .tool, text: text)
    message.toolCallID = id
    return message
  }
}

/// Parameters of every kind.
enum Asked {
  static let tools =
    #"[{"type":"function","function":{"name":"get \"it\"","description":"Gets\n","parameters":{"type":"object","properties":{"a":{"type":"string"}}},"strict":true}},{"type":"function","function":{"name":"now"}}]"#

  static var everything: CallParameters {
    var parameters = CallParameters()
    parameters.temperature = 1.5
    parameters.topP = 0.5
    parameters.maximumTokens = 77
    parameters.stop = ["END", "\n"]
    parameters.seed = 42
    parameters.toolsJSON = tools
    parameters.toolChoiceJSON = #"{"type":"function","function":{"name":"now"}}"#
    parameters.responseFormatJSON =
      #"{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}"#
    return parameters
  }

  /// A conversation in which tools were called, up to their results.
  static let conversation: [PromptMessage] = [
    .system("Be kind."), .user("Hi"), .assistant("Hello."), .user("Weather?"), .user("And time?"),
    .assistant(
      "Looking.",
      calls: [
        ToolCall(id: "c1", name: "get", arguments: #"{"a": "x"}"#), ToolCall(id: "c2", name: "now", arguments: ""),
      ],
      reasoning: [
        Reasoning(text: "Hm", signature: "thinking:sig"), Reasoning(text: "", signature: "redacted:blob"),
        Reasoning(text: "Sum", signature: "encrypted:rs_1:gAAA"), Reasoning(text: "unsigned"),
      ]),
    .result("c1", "Sunny"), .result("c2", ""),
  ]

  static func endpoint(
    _ dialect: Dialect, _ change: (inout EndpointConfiguration) -> Void = { _ in }
  ) -> EndpointConfiguration {
    let kind: EndpointConfiguration.Kind =
      switch dialect {
      case .chatCompletions: .openAI(baseURL: "http://h/v1", key: UpstreamKey("sk-1"))
      case .messages: .anthropic(baseURL: "http://h", key: UpstreamKey("sk-1"))
      case .responses: .responses(baseURL: "http://h/v1", key: UpstreamKey("sk-1"))
      }
    var endpoint = EndpointConfiguration(name: "chat", kind: kind, upstreamModel: "m-1")
    change(&endpoint)
    return endpoint
  }
}
