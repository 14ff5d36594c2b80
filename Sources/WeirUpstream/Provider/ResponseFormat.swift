/// The form that an answer must have, read from OpenAI's form. Places are in the JSON text.
enum ResponseFormat: Sendable, Equatable {
  case text
  /// Any JSON object.
  case object
  /// JSON that follows a schema.
  case schema(Schema)

  struct Schema: Sendable, Equatable {
    var name: JSONString?
    var schema: Range<Int>
    /// A JSON bool.
    var strict: Range<Int>?
  }

  /// Reads `{"type":"json_schema","json_schema":{"name":…,"schema":{…}}}` and its kin.
  static func scan(_ json: [UInt8]) throws(MalformedJSON) -> ResponseFormat {
    let bytes = json.span
    var cursor = JSONCursor()
    var type: JSONString?
    var schema: Schema?
    var isFirst = true
    try cursor.beginObject(in: bytes)
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("type", in: bytes) {
        type = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("json_schema", in: bytes) {
        schema = try scanSchema(&cursor, bytes)
      } else {
        try cursor.skipValue(in: bytes)
      }
    }
    try cursor.expectEnd(in: bytes)
    if let type, type.equals("text", in: bytes) { return .text }
    if let type, type.equals("json_object", in: bytes) { return .object }
    guard let type, type.equals("json_schema", in: bytes), let schema else { throw MalformedJSON(offset: 0) }
    return .schema(schema)
  }

  private static func scanSchema(_ cursor: inout JSONCursor, _ bytes: Span<UInt8>) throws(MalformedJSON) -> Schema? {
    guard try cursor.beginObjectOrSkip(in: bytes) else { return nil }
    var found = Schema(schema: 0..<0)
    var isFirst = true
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("name", in: bytes) {
        found.name = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("schema", in: bytes), cursor.peek(in: bytes) == UInt8(ascii: "{") {
        found.schema = try cursor.place(in: bytes)
      } else if key.equals("strict", in: bytes) {
        let first = cursor.peek(in: bytes)
        let place = try cursor.place(in: bytes)
        if first == UInt8(ascii: "t") || first == UInt8(ascii: "f") { found.strict = place }
      } else {
        try cursor.skipValue(in: bytes)
      }
    }
    return found.schema.isEmpty ? nil : found
  }
}
