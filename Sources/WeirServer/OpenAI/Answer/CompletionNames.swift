import NIOCore
import WeirWire

/// What names a completion in all its bytes.
struct CompletionNames: Sendable {
  var id: String
  /// Seconds since 1970.
  var created: Int
}

extension FinishReason {
  /// In this API's words.
  var openAIName: StaticString {
    switch self {
    case .length: "length"
    case .contentFilter: "content_filter"
    case .toolCalls: "tool_calls"
    default: "stop"
    }
  }
}

extension Usage {
  /// The figures as an object.
  func appendOpenAI(to buffer: inout ByteBuffer) {
    buffer.writeString(
      "{\"prompt_tokens\":\(inputTokens),\"completion_tokens\":\(outputTokens),"
        + "\"total_tokens\":\(inputTokens.addingReportingOverflow(outputTokens).partialValue),"
        + "\"prompt_tokens_details\":{\"cached_tokens\":\(cachedInputTokens)},"
        + "\"completion_tokens_details\":{\"reasoning_tokens\":\(reasoningTokens)}}")
  }
}
