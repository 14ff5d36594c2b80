internal import WeirWire

/// What one chunk of a streamed answer says, or an answer that came whole. Strings are places in the scanned bytes.
struct ChatChunk: Sendable, Equatable {
  /// What a chunk says of one call of a tool.
  struct ToolCall: Sendable, Equatable {
    /// Tells calls apart; nil: the server goes by their order.
    var index: UInt64?
    var id: JSONString?
    var name: JSONString?
    /// The next piece of the arguments.
    var arguments: JSONString?
  }

  /// The text of the first choice.
  var content: JSONString?
  /// The model's reasoning, where the server has a member for it.
  var reasoning: JSONString?
  /// In place of text: why the model does not answer.
  var refusal: JSONString?
  var toolCalls: [ToolCall] = []
  /// Whether the model gave anything: text, reasoning, a tool call.
  var isProgress = false
  /// Whether the chunk has any of the members that such a chunk has.
  var isKnown = false
  var finishReason: FinishReason?
  var usage: Usage?
  var complaint: ProviderComplaint?

  /// Reads a chunk. Unknown members are skipped; of members that come twice the last counts, as in most JSON readers.
  static func scan(_ bytes: Span<UInt8>) throws(MalformedJSON) -> ChatChunk {
    var chunk = ChatChunk()
    var cursor = JSONCursor()
    var outer = ProviderComplaint()
    var isFirst = true
    try cursor.beginObject(in: bytes)
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("choices", in: bytes) {
        try chunk.scanChoices(&cursor, bytes)
      } else if key.equals("usage", in: bytes) {
        try chunk.scanUsage(&cursor, bytes)
      } else if key.equals("error", in: bytes) {
        try chunk.scanError(&cursor, bytes)
      } else {
        try outer.scanMember(key, &cursor, bytes)
      }
    }
    try cursor.expectEnd(in: bytes)
    // Some servers send the error itself, without an `error` around it.
    if !chunk.isKnown, !outer.message.isEmpty { chunk.complaint = outer }
    if chunk.complaint != nil { chunk.isKnown = true }
    return chunk
  }

  private mutating func scanChoices(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    content = nil
    reasoning = nil
    refusal = nil
    toolCalls = []
    finishReason = nil
    isProgress = false
    guard try cursor.beginArrayOrSkip(in: bytes) else { return }
    isKnown = true
    var isFirst = true
    var isChoice = true
    while try cursor.nextElement(in: bytes, isFirst: &isFirst) {
      // One choice is asked for; a second one would be no part of the answer.
      if isChoice, cursor.peek(in: bytes) == UInt8(ascii: "{") {
        try scanChoice(&cursor, bytes)
      } else {
        try cursor.skipValue(in: bytes)
      }
      isChoice = false
    }
  }

  private mutating func scanChoice(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    var isFirst = true
    try cursor.beginObject(in: bytes)
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("delta", in: bytes) || key.equals("message", in: bytes) {
        try scanDelta(&cursor, bytes)
      } else if key.equals("finish_reason", in: bytes) {
        finishReason = try cursor.stringOrSkip(in: bytes).flatMap { Self.reason($0, in: bytes) }
      } else if key.equals("error", in: bytes) {
        try scanError(&cursor, bytes)
      } else {
        try cursor.skipValue(in: bytes)
      }
    }
  }

  private mutating func scanDelta(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    guard try cursor.beginObjectOrSkip(in: bytes) else { return }
    var isFirst = true
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("content", in: bytes) {
        content = try said(&cursor, bytes)
      } else if key.equals("role", in: bytes) {
        try cursor.skipValue(in: bytes)
      } else if key.equals("reasoning_content", in: bytes) || key.equals("reasoning", in: bytes) {
        // Some servers send both, with the same text.
        reasoning = try said(&cursor, bytes) ?? reasoning
      } else if key.equals("refusal", in: bytes) {
        refusal = try said(&cursor, bytes)
      } else if key.equals("tool_calls", in: bytes) {
        try scanToolCalls(&cursor, bytes)
      } else if try cursor.skipValue(in: bytes) {
        isProgress = true
      }
    }
  }

  /// Takes a value that is progress unless it is empty; its string if it is one.
  private mutating func said(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) -> JSONString? {
    guard cursor.peek(in: bytes) == UInt8(ascii: "\"") else {
      if try cursor.skipValue(in: bytes) { isProgress = true }
      return nil
    }
    let string = try cursor.string(in: bytes)
    if !string.range.isEmpty { isProgress = true }
    return string
  }
}
