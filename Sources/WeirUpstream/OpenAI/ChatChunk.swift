internal import WeirWire

/// What one chunk of a streamed answer says, or an answer that came whole. Strings are places in the scanned bytes.
struct ChatChunk: Sendable, Equatable {
  /// The text of the first choice.
  var content: JSONString?
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
    finishReason = nil
    isProgress = false
    guard cursor.peek(in: bytes) == UInt8(ascii: "[") else {
      try cursor.skipValue(in: bytes)
      return
    }
    isKnown = true
    try cursor.beginArray(in: bytes)
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
    guard cursor.peek(in: bytes) == UInt8(ascii: "{") else {
      try cursor.skipValue(in: bytes)
      return
    }
    var isFirst = true
    try cursor.beginObject(in: bytes)
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("content", in: bytes) {
        content = try cursor.stringOrSkip(in: bytes)
        if let content, !content.range.isEmpty { isProgress = true }
      } else if key.equals("role", in: bytes) {
        try cursor.skipValue(in: bytes)
      } else if try cursor.skipValue(in: bytes) {
        isProgress = true
      }
    }
  }

  private mutating func scanUsage(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    guard cursor.peek(in: bytes) == UInt8(ascii: "{") else {
      try cursor.skipValue(in: bytes)
      return
    }
    isKnown = true
    var usage = Usage()
    var isFirst = true
    try cursor.beginObject(in: bytes)
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("prompt_tokens", in: bytes) {
        usage.inputTokens = try cursor.count(in: bytes)
      } else if key.equals("completion_tokens", in: bytes) {
        usage.outputTokens = try cursor.count(in: bytes)
      } else if key.equals("prompt_tokens_details", in: bytes), cursor.peek(in: bytes) == UInt8(ascii: "{") {
        var isFirstDetail = true
        try cursor.beginObject(in: bytes)
        while let detail = try cursor.nextMember(in: bytes, isFirst: &isFirstDetail) {
          if detail.equals("cached_tokens", in: bytes) {
            usage.cachedInputTokens = try cursor.count(in: bytes)
          } else {
            try cursor.skipValue(in: bytes)
          }
        }
      } else {
        try cursor.skipValue(in: bytes)
      }
    }
    self.usage = usage
  }

  private mutating func scanError(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    var found = ProviderComplaint()
    switch cursor.peek(in: bytes) {
    case UInt8(ascii: "{"):
      var isFirst = true
      try cursor.beginObject(in: bytes)
      while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
        try found.scanMember(key, &cursor, bytes)
      }
    case UInt8(ascii: "\""):
      found.message = try cursor.string(in: bytes).text(in: bytes)
    default:
      // null, and false, are no error.
      guard try cursor.skipValue(in: bytes) else { return }
      return
    }
    complaint = found
  }

  private static func reason(_ name: JSONString, in bytes: Span<UInt8>) -> FinishReason? {
    if name.range.isEmpty { return nil }
    if name.equals("stop", in: bytes) { return .complete }
    if name.equals("length", in: bytes) || name.equals("model_length", in: bytes) { return .length }
    if name.equals("content_filter", in: bytes) { return .contentFilter }
    if name.equals("tool_calls", in: bytes) || name.equals("function_call", in: bytes) { return .toolCalls }
    return .complete
  }
}

extension ProviderComplaint {
  /// Takes a member's value, and keeps it if it is one of an error's.
  fileprivate mutating func scanMember(
    _ key: JSONString, _ cursor: inout JSONCursor, _ bytes: Span<UInt8>
  ) throws(MalformedJSON) {
    if key.equals("message", in: bytes) || key.equals("detail", in: bytes) {
      message = try cursor.stringOrSkip(in: bytes)?.text(in: bytes) ?? message
    } else if key.equals("type", in: bytes) {
      type = try cursor.stringOrSkip(in: bytes)?.text(in: bytes) ?? ""
    } else if key.equals("code", in: bytes) {
      code = try cursor.scalarText(in: bytes)
    } else {
      try cursor.skipValue(in: bytes)
    }
  }
}

extension JSONString {
  /// The string as text.
  func text(in bytes: Span<UInt8>) -> String {
    var text: [UInt8] = []
    var repair = TextRepair()
    repair.append(self, in: bytes, to: &text)
    repair.finish(to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}

extension JSONCursor {
  /// Takes a value: its string if it is one.
  fileprivate mutating func stringOrSkip(in bytes: Span<UInt8>) throws(MalformedJSON) -> JSONString? {
    if peek(in: bytes) == UInt8(ascii: "\"") { return try string(in: bytes) }
    try skipValue(in: bytes)
    return nil
  }

  /// Takes a value: a string or a number as text, else "".
  fileprivate mutating func scalarText(in bytes: Span<UInt8>) throws(MalformedJSON) -> String {
    switch peek(in: bytes) {
    case UInt8(ascii: "\""): return try string(in: bytes).text(in: bytes)
    case .some(let byte) where Self.beginsNumber(byte): return try numberText(in: bytes)
    default:
      try skipValue(in: bytes)
      return ""
    }
  }

  private static func beginsNumber(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }

  private mutating func numberText(in bytes: Span<UInt8>) throws(MalformedJSON) -> String {
    let range = try number(in: bytes)
    return bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }

  /// Takes a value: a count of tokens if it is a number, else 0. JSON lets a whole number be written as 12.0 or 1.2e1.
  fileprivate mutating func count(in bytes: Span<UInt8>) throws(MalformedJSON) -> UInt64 {
    guard let byte = peek(in: bytes), Self.beginsNumber(byte) else {
      try skipValue(in: bytes)
      return 0
    }
    let text = try numberText(in: bytes)
    if let whole = UInt64(text) { return min(whole, Self.largestCount) }
    guard let value = Double(text), value > 0 else { return 0 }
    return value < Double(Self.largestCount) ? UInt64(value) : Self.largestCount
  }

  /// 2^53: larger numbers are not exact in JSON, and no answer has so many tokens.
  private static var largestCount: UInt64 { 1 << 53 }
}
