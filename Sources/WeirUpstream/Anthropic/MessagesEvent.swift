/// What one event of a stream of Anthropic's Messages says, or a message that came whole. Strings are places in the
/// scanned bytes. Members may come in any order, so what an event means is decided behind its end.
struct MessagesEvent: Sendable, Equatable {
  /// A content block, its beginning, or what is added to it: the members that tell them apart are all optional.
  struct Block: Sendable, Equatable {
    var type: JSONString?
    var text: JSONString?
    var thinking: JSONString?
    var signature: JSONString?
    /// Of redacted thinking.
    var data: JSONString?
    /// Of a tool call.
    var id: JSONString?
    var name: JSONString?
    /// The arguments of a tool call that comes whole: JSON.
    var input: Range<Int>?
    /// A piece of the arguments' text.
    var partialJSON: JSONString?
  }

  /// Tokens, each nil unless the event says it.
  struct Tokens: Sendable, Equatable {
    /// Read by the model, neither from the cache nor into it.
    var input: UInt64?
    var cacheRead: UInt64?
    var cacheCreation: UInt64?
    var output: UInt64?
  }

  var type: JSONString?
  /// Which content block.
  var index: UInt64?
  /// `delta` or `content_block`.
  var block = Block()
  var stopReason: JSONString?
  var tokens = Tokens()
  var complaint: ProviderComplaint?
  /// The content blocks of a whole message.
  var content: Range<Int>?

  /// Reads an event. Unknown members are skipped.
  static func scan(_ bytes: Span<UInt8>) throws(MalformedJSON) -> MessagesEvent {
    var event = MessagesEvent()
    var cursor = JSONCursor()
    try cursor.beginObject(in: bytes)
    try event.scanMembers(&cursor, bytes)
    try cursor.expectEnd(in: bytes)
    return event
  }

  private mutating func scanMembers(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    var isFirst = true
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("type", in: bytes) {
        type = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("index", in: bytes) {
        index = try cursor.countOrSkip(in: bytes)
      } else if key.equals("delta", in: bytes) || key.equals("content_block", in: bytes) {
        try scanBlock(&cursor, bytes)
      } else if key.equals("message", in: bytes) {
        try scanMessage(&cursor, bytes)
      } else if key.equals("error", in: bytes) {
        complaint = try ProviderComplaint.scan(&cursor, bytes)
      } else {
        try scanEnd(key, &cursor, bytes)
      }
    }
  }

  /// `message_start` has a message in the event, whose content is still empty.
  private mutating func scanMessage(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    guard try cursor.beginObjectOrSkip(in: bytes) else { return }
    var isFirst = true
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) { try scanEnd(key, &cursor, bytes) }
  }

  /// The members of a message, which a whole one has at the top and `message_delta` in two places.
  private mutating func scanEnd(
    _ key: JSONString, _ cursor: inout JSONCursor, _ bytes: Span<UInt8>
  ) throws(MalformedJSON) {
    if key.equals("usage", in: bytes) {
      try scanTokens(&cursor, bytes)
    } else if key.equals("stop_reason", in: bytes) {
      stopReason = try cursor.stringOrSkip(in: bytes)
    } else if key.equals("content", in: bytes), cursor.peek(in: bytes) == UInt8(ascii: "[") {
      content = try cursor.place(in: bytes)
    } else {
      try cursor.skipValue(in: bytes)
    }
  }

  private mutating func scanTokens(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    guard try cursor.beginObjectOrSkip(in: bytes) else { return }
    var isFirst = true
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("input_tokens", in: bytes) {
        tokens.input = try cursor.countOrSkip(in: bytes)
      } else if key.equals("output_tokens", in: bytes) {
        tokens.output = try cursor.countOrSkip(in: bytes)
      } else if key.equals("cache_read_input_tokens", in: bytes) {
        tokens.cacheRead = try cursor.countOrSkip(in: bytes)
      } else if key.equals("cache_creation_input_tokens", in: bytes) {
        tokens.cacheCreation = try cursor.countOrSkip(in: bytes)
      } else {
        try cursor.skipValue(in: bytes)
      }
    }
  }

  private mutating func scanBlock(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    guard try cursor.beginObjectOrSkip(in: bytes) else { return }
    var isFirst = true
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("stop_reason", in: bytes) {
        stopReason = try cursor.stringOrSkip(in: bytes)
      } else {
        try block.scanMember(key, &cursor, bytes)
      }
    }
  }
}

extension MessagesEvent.Block {
  /// Takes a member's value, and keeps it if it is one of a block's.
  mutating func scanMember(
    _ key: JSONString, _ cursor: inout JSONCursor, _ bytes: Span<UInt8>
  ) throws(MalformedJSON) {
    if key.equals("type", in: bytes) {
      type = try cursor.stringOrSkip(in: bytes)
    } else if key.equals("text", in: bytes) {
      text = try cursor.stringOrSkip(in: bytes)
    } else if key.equals("thinking", in: bytes) {
      thinking = try cursor.stringOrSkip(in: bytes)
    } else if key.equals("partial_json", in: bytes) {
      partialJSON = try cursor.stringOrSkip(in: bytes)
    } else if key.equals("signature", in: bytes) {
      signature = try cursor.stringOrSkip(in: bytes)
    } else if key.equals("data", in: bytes) {
      data = try cursor.stringOrSkip(in: bytes)
    } else if key.equals("id", in: bytes) {
      id = try cursor.stringOrSkip(in: bytes)
    } else if key.equals("name", in: bytes) {
      name = try cursor.stringOrSkip(in: bytes)
    } else if key.equals("input", in: bytes), cursor.peek(in: bytes) == UInt8(ascii: "{") {
      input = try cursor.place(in: bytes)
    } else {
      try cursor.skipValue(in: bytes)
    }
  }
}
