/// One tool that the model may call, as places in the JSON text of them all, which is in OpenAI's form.
struct ToolDefinition: Sendable, Equatable {
  /// More tools than any provider takes.
  static let maximumCount = 512

  var name: JSONString
  var description: JSONString?
  /// The schema of the arguments.
  var parameters: Range<Int>?
  /// A JSON bool.
  var strict: Range<Int>?

  /// Reads `[{"type":"function","function":{"name":…}}]`, or the flat form of OpenAI's Responses.
  static func scan(_ json: [UInt8]) throws(MalformedJSON) -> [ToolDefinition] {
    let bytes = json.span
    var tools: [ToolDefinition] = []
    var cursor = JSONCursor()
    var isFirst = true
    try cursor.beginArray(in: bytes)
    while try cursor.nextElement(in: bytes, isFirst: &isFirst) {
      var fields = Fields()
      try fields.scan(&cursor, bytes, isOuter: true)
      guard let name = fields.name, tools.count < maximumCount else { throw MalformedJSON(offset: cursor.position) }
      tools.append(
        ToolDefinition(
          name: name, description: fields.description, parameters: fields.parameters, strict: fields.strict))
    }
    try cursor.expectEnd(in: bytes)
    return tools
  }

  private struct Fields {
    var name: JSONString?
    var description: JSONString?
    var parameters: Range<Int>?
    var strict: Range<Int>?

    mutating func scan(
      _ cursor: inout JSONCursor, _ bytes: Span<UInt8>, isOuter: Bool
    ) throws(MalformedJSON) {
      var isFirst = true
      try cursor.beginObject(in: bytes)
      while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
        if isOuter, key.equals("function", in: bytes) {
          try scan(&cursor, bytes, isOuter: false)
        } else if key.equals("name", in: bytes) {
          name = try cursor.stringOrSkip(in: bytes)
        } else if key.equals("description", in: bytes) {
          description = try cursor.stringOrSkip(in: bytes)
        } else if key.equals("parameters", in: bytes), cursor.peek(in: bytes) == UInt8(ascii: "{") {
          parameters = try cursor.place(in: bytes)
        } else if key.equals("strict", in: bytes) {
          let first = cursor.peek(in: bytes)
          let place = try cursor.place(in: bytes)
          if first == UInt8(ascii: "t") || first == UInt8(ascii: "f") { strict = place }
        } else {
          try cursor.skipValue(in: bytes)
        }
      }
    }
  }
}
