// The calls of tools in a chunk.
extension ChatChunk {
  mutating func scanToolCalls(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    guard try cursor.beginArrayOrSkip(in: bytes) else { return }
    var isFirst = true
    while try cursor.nextElement(in: bytes, isFirst: &isFirst) {
      guard try cursor.beginObjectOrSkip(in: bytes) else { continue }
      let call = try Self.toolCall(&cursor, bytes)
      isProgress = true
      // What is beyond the limit ends the answer all the same, at the first that is too many.
      if toolCalls.count <= AnswerParts.maximumToolCalls { toolCalls.append(call) }
    }
  }

  private static func toolCall(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) -> ToolCall {
    var call = ToolCall()
    var isFirst = true
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("index", in: bytes) {
        call.index = try cursor.countOrSkip(in: bytes)
      } else if key.equals("id", in: bytes) {
        call.id = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("function", in: bytes) {
        guard try cursor.beginObjectOrSkip(in: bytes) else { continue }
        var isFirstOfFunction = true
        while let member = try cursor.nextMember(in: bytes, isFirst: &isFirstOfFunction) {
          if member.equals("name", in: bytes) {
            call.name = try cursor.stringOrSkip(in: bytes)
          } else if member.equals("arguments", in: bytes) {
            call.arguments = try arguments(&cursor, bytes)
          } else {
            try cursor.skipValue(in: bytes)
          }
        }
      } else {
        try cursor.skipValue(in: bytes)
      }
    }
    return call
  }

  /// Arguments are JSON in a string; some servers write the object itself, whose text then is what the string would say.
  private static func arguments(
    _ cursor: inout JSONCursor, _ bytes: Span<UInt8>
  ) throws(MalformedJSON) -> JSONString? {
    guard cursor.peek(in: bytes) == UInt8(ascii: "{") else { return try cursor.stringOrSkip(in: bytes) }
    return JSONString(range: try cursor.place(in: bytes), hasEscapes: false)
  }
}
