/// What a provider says went wrong: the `error` of an answer, in its many shapes.
struct ProviderComplaint: Sendable, Equatable {
  /// For people, as the provider wrote it.
  var message = ""
  /// "rate_limit_error", "server_error", …
  var type = ""
  /// "insufficient_quota", "model_not_found", or an HTTP status as text.
  var code = ""

  /// The HTTP status that the code is, if it is one.
  var status: Int? { Int(code).flatMap { (400...599).contains($0) ? $0 : nil } }

  /// Whether the account is used up, which no waiting helps. Anthropic says so in words only.
  var isQuotaUsedUp: Bool {
    let words = [code, type]
    return words.contains("insufficient_quota") || words.contains("billing_error")
      || message.contains("credit balance is too low")
  }
}

// Reading.
extension ProviderComplaint {
  /// Takes the value of an `error` member; nil: it says that there is none, as null and false do.
  static func scan(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) -> ProviderComplaint? {
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
      // null and false; what other kinds would mean nobody says.
      try cursor.skipValue(in: bytes)
      return nil
    }
    return found
  }

  /// Takes a member's value, and keeps it if it is one of an error's.
  mutating func scanMember(
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
