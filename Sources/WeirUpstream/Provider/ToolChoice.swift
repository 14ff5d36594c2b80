/// Which tool the model must call, read from OpenAI's form.
enum ToolChoice: Sendable, Equatable {
  case automatic
  case none
  /// Any, but one.
  case required
  /// This one: its name, as a place in the JSON text.
  case function(JSONString)

  /// Reads `"auto"`, `"none"`, `"required"` or `{"type":"function","function":{"name":…}}`.
  static func scan(_ json: [UInt8]) throws(MalformedJSON) -> ToolChoice {
    let bytes = json.span
    var cursor = JSONCursor()
    guard cursor.peek(in: bytes) == UInt8(ascii: "{") else {
      let word = try cursor.string(in: bytes)
      try cursor.expectEnd(in: bytes)
      if word.equals("auto", in: bytes) { return .automatic }
      if word.equals("none", in: bytes) { return .none }
      if word.equals("required", in: bytes) { return .required }
      throw MalformedJSON(offset: 0)
    }
    let name = try name(&cursor, bytes, isOuter: true)
    try cursor.expectEnd(in: bytes)
    guard let name else { throw MalformedJSON(offset: cursor.position) }
    return .function(name)
  }

  private static func name(
    _ cursor: inout JSONCursor, _ bytes: Span<UInt8>, isOuter: Bool
  ) throws(MalformedJSON) -> JSONString? {
    var found: JSONString?
    var isFirst = true
    try cursor.beginObject(in: bytes)
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if isOuter, key.equals("function", in: bytes) {
        found = try name(&cursor, bytes, isOuter: false)
      } else if key.equals("name", in: bytes) {
        found = try cursor.stringOrSkip(in: bytes)
      } else {
        try cursor.skipValue(in: bytes)
      }
    }
    return found
  }
}
