extension Part {
  static let json = JSONFields<Part>(
    .arm("text", \.part, Kind.text, \.text),
    .arm("reasoning", \.part, Kind.reasoning, \.reasoning),
    .arm("toolCall", \.part, Kind.toolCall, \.toolCall),
    .arm("toolResult", \.part, Kind.toolResult, \.toolResult))
}

extension Reasoning {
  static let json = JSONFields<Reasoning>(
    .field("text", \.text),
    .field("signature", \.signature))
}

extension ToolCall {
  static let json = JSONFields<ToolCall>(
    .field("id", \.id),
    .field("name", \.name),
    .field("arguments", \.arguments))
}

extension ToolResult {
  static let json = JSONFields<ToolResult>(
    .field("toolCallId", \.toolCallID),
    .field("text", \.text),
    .field("failed", \.failed))
}
