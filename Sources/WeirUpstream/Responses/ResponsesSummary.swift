internal import WeirWire

/// What the object of a whole response says of its end: status, figures and reasons.
struct ResponsesSummary: Sendable, Equatable {
  var status: JSONString?
  /// Why it is incomplete.
  var reason: JSONString?
  var usage: Usage?
  var complaint: ProviderComplaint?
  /// The output items, an array.
  var output: Range<Int>?

  /// Reads the object that begins at `start`.
  static func scan(_ bytes: Span<UInt8>, at start: Int) throws(MalformedJSON) -> ResponsesSummary {
    var summary = ResponsesSummary()
    var cursor = JSONCursor(at: start)
    var isFirst = true
    try cursor.beginObject(in: bytes)
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("status", in: bytes) {
        summary.status = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("usage", in: bytes) {
        summary.usage = try usage(&cursor, bytes)
      } else if key.equals("incomplete_details", in: bytes) {
        guard try cursor.beginObjectOrSkip(in: bytes) else { continue }
        var isFirstDetail = true
        while let detail = try cursor.nextMember(in: bytes, isFirst: &isFirstDetail) {
          let value = try cursor.stringOrSkip(in: bytes)
          if detail.equals("reason", in: bytes) { summary.reason = value }
        }
      } else if key.equals("error", in: bytes) {
        summary.complaint = try ProviderComplaint.scan(&cursor, bytes)
      } else if key.equals("output", in: bytes), cursor.peek(in: bytes) == UInt8(ascii: "[") {
        summary.output = try cursor.place(in: bytes)
      } else {
        try cursor.skipValue(in: bytes)
      }
    }
    return summary
  }

  private static func usage(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) -> Usage? {
    guard try cursor.beginObjectOrSkip(in: bytes) else { return nil }
    var usage = Usage()
    var isFirst = true
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("input_tokens", in: bytes) {
        usage.inputTokens = try cursor.count(in: bytes)
      } else if key.equals("output_tokens", in: bytes) {
        usage.outputTokens = try cursor.count(in: bytes)
      } else if key.equals("input_tokens_details", in: bytes) {
        usage.cachedInputTokens = try cursor.member("cached_tokens", in: bytes) ?? 0
      } else if key.equals("output_tokens_details", in: bytes) {
        usage.reasoningTokens = try cursor.member("reasoning_tokens", in: bytes) ?? 0
      } else {
        try cursor.skipValue(in: bytes)
      }
    }
    return usage
  }
}
