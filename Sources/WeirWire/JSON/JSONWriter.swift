import NIOCore

/// Writes compact JSON.
struct JSONWriter {
  var buffer = ByteBuffer()
  /// Whether something stands before in the current object.
  private var needsComma = false

  mutating func message<Message: SchemaMessage>(_ message: Message) {
    buffer.writeStaticString("{")
    needsComma = false
    for field in Message.json.fields { field.write(message, &self) }
    buffer.writeStaticString("}")
    needsComma = true
  }

  /// A field's name; the names of the schema need no escapes.
  mutating func name(_ name: String) {
    buffer.writeStaticString(needsComma ? ",\"" : "\"")
    buffer.writeString(name)
    buffer.writeStaticString("\":")
    needsComma = true
  }

  mutating func array(_ values: [some JSONValue]) {
    buffer.writeStaticString("[")
    for (index, value) in values.enumerated() {
      if index > 0 { buffer.writeStaticString(",") }
      value.writeJSON(to: &self)
    }
    buffer.writeStaticString("]")
  }
}
