internal import WeirWire

// What a chunk says of the answer's end: figures, faults and reasons.
extension ChatChunk {
  mutating func scanUsage(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    guard try cursor.beginObjectOrSkip(in: bytes) else { return }
    isKnown = true
    var usage = Usage()
    var isFirst = true
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("prompt_tokens", in: bytes) {
        usage.inputTokens = try cursor.count(in: bytes)
      } else if key.equals("completion_tokens", in: bytes) {
        usage.outputTokens = try cursor.count(in: bytes)
      } else if key.equals("prompt_tokens_details", in: bytes) {
        if let count = try cursor.member("cached_tokens", in: bytes) { usage.cachedInputTokens = count }
      } else if key.equals("completion_tokens_details", in: bytes) {
        if let count = try cursor.member("reasoning_tokens", in: bytes) { usage.reasoningTokens = count }
      } else if key.equals("prompt_cache_hit_tokens", in: bytes) {
        // DeepSeek's name for the cached ones.
        if let count = try cursor.countOrSkip(in: bytes) { usage.cachedInputTokens = count }
      } else {
        try cursor.skipValue(in: bytes)
      }
    }
    self.usage = usage
  }

  mutating func scanError(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    if let found = try ProviderComplaint.scan(&cursor, bytes) { complaint = found }
  }

  static func reason(_ name: JSONString, in bytes: Span<UInt8>) -> FinishReason? {
    if name.range.isEmpty { return nil }
    if name.equals("stop", in: bytes) { return .complete }
    if name.equals("length", in: bytes) || name.equals("model_length", in: bytes) { return .length }
    if name.equals("content_filter", in: bytes) { return .contentFilter }
    if name.equals("tool_calls", in: bytes) || name.equals("function_call", in: bytes) { return .toolCalls }
    return .complete
  }
}
