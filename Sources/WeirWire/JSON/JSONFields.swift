/// A message's fields in JSON: one description for both directions.
struct JSONFields<Message: SchemaMessage>: Sendable {
  let fields: [JSONField<Message>]
  /// Where in `fields` a name is: the JSON name and the schema's.
  private let places: [String: Int]

  init(_ fields: JSONField<Message>...) {
    precondition(fields.count <= UInt64.bitWidth, "the reader marks seen fields in 64 bits")
    self.fields = fields
    var places: [String: Int] = [:]
    for (place, field) in fields.enumerated() {
      places[field.name] = place
      places[Self.snakeCase(field.name)] = place
    }
    self.places = places
  }

  func place(of name: String) -> Int? { places[name] }

  /// `retryAfterMs` is `retry_after_ms` in the schema.
  private static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { snake, letter in snake += letter.isUppercase ? "_" + letter.lowercased() : String(letter) }
  }
}

/// One field of `Message` in JSON.
struct JSONField<Message: SchemaMessage>: Sendable {
  let name: String
  let write: @Sendable (Message, inout JSONWriter) -> Void
  let read: @Sendable (inout Message, inout JSONReader) throws(WireError) -> Void
}

extension JSONField {
  typealias Path<Value> = WritableKeyPath<Message, Value> & Sendable

  /// A scalar; left out if it has its default.
  static func field<Value: JSONScalar>(_ name: String, _ path: any Path<Value>) -> JSONField {
    JSONField(name: name) { message, out in
      let value = message[keyPath: path]
      if value.isDefault { return }
      out.name(name)
      value.writeJSON(to: &out)
    } read: { message, input throws(WireError) in
      if let value = try Value.readJSON(from: &input) { message[keyPath: path] = value }
    }
  }

  /// A field whose presence is tracked: a sub-message or an `optional` scalar.
  static func optional<Value: JSONValue>(_ name: String, _ path: any Path<Value?>) -> JSONField {
    JSONField(name: name) { message, out in
      guard let value = message[keyPath: path] else { return }
      out.name(name)
      value.writeJSON(to: &out)
    } read: { message, input throws(WireError) in
      message[keyPath: path] = try Value.readJSON(from: &input)
    }
  }

  /// A repeated field.
  static func repeated<Value: JSONValue>(_ name: String, _ path: any Path<[Value]>) -> JSONField {
    JSONField(name: name) { message, out in
      let values = message[keyPath: path]
      if values.isEmpty { return }
      out.name(name)
      out.array(values)
    } read: { message, input throws(WireError) in
      message[keyPath: path] = try input.array()
    }
  }

  /// A member of a oneof.
  static func arm<Kind: Sendable, Value: JSONValue>(
    _ name: String, _ path: any Path<Kind?>, _ wrap: @escaping @Sendable (Value) -> Kind,
    _ payload: @escaping @Sendable (Kind) -> Value?
  ) -> JSONField {
    JSONField(name: name) { message, out in
      guard let value = message[keyPath: path].flatMap(payload) else { return }
      out.name(name)
      value.writeJSON(to: &out)
    } read: { message, input throws(WireError) in
      guard message[keyPath: path] == nil else { throw WireError(.duplicateOneof, at: input.offset) }
      message[keyPath: path] = try Value.readJSON(from: &input).map(wrap)
    }
  }
}
