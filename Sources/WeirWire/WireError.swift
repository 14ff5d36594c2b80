/// Why bytes are not a message of the schema, and where. `description` is a sentence for people that ends with what to do.
public struct WireError: Error, Hashable, Sendable {
  /// What is wrong.
  public var reason: Reason

  /// Where the decoder was: bytes from the start of the frame.
  public var offset: Int

  /// The field it was at: `field 3 of weir.v1.Ack` in binary, `sendMessage.parts[2].text` in JSON. Empty: none yet.
  public var field: String

  /// What can be wrong with bytes.
  public enum Reason: Hashable, Sendable {
    /// The frame, or the sub-message, ends inside a value.
    case truncated
    /// A varint has more than ten bytes.
    case varintTooLong
    /// A field key with number 0, a number beyond 2^29 - 1, wire type 6 or 7, or more than five bytes.
    case badKey
    /// A length goes beyond the end of the frame or of the sub-message it is in.
    case lengthBeyondEnd
    /// A group ends that was not begun, or another than the one that was begun.
    case unmatchedEndGroup
    /// Text that is not UTF-8.
    case invalidUTF8
    /// Nested deeper than the limit.
    case tooDeep(limit: Int)
    /// A repeated field with more elements than the limit.
    case tooManyElements(limit: Int)
    /// Not JSON; the associated text names what was expected.
    case syntax(expected: String)
    /// A bad escape in a JSON string, or half of a surrogate pair.
    case badEscape
    /// A JSON value of the wrong type; the associated text names the right one.
    case wrongType(expected: String)
    /// A number that the field's type cannot hold.
    case outOfRange(type: String)
    /// A JSON object names the same field twice.
    case duplicateField
    /// A JSON object sets two members of the same oneof.
    case duplicateOneof
  }

  init(_ reason: Reason, at offset: Int, field: String = "") {
    self.reason = reason
    self.offset = offset
    self.field = field
  }

  /// The same error seen from the JSON object or array around it.
  func inside(_ name: String) -> WireError {
    let separator = field.isEmpty || field.first == "[" ? "" : "."
    return WireError(reason, at: offset, field: name + separator + field)
  }
}

extension WireError: CustomStringConvertible {
  /// One sentence that says where and what, and one that says what to do.
  public var description: String {
    (field.isEmpty ? "At byte \(offset): " : "At \(field), byte \(offset): ") + sentence
  }

  private var sentence: String {
    switch reason {
    case .truncated:
      "the frame ends inside a value. Send the whole message in one WebSocket message."
    case .varintTooLong:
      "a varint has more than 10 bytes. Encode the frame with the schema in schemas/weir/v1."
    case .badKey:
      "this is no field key (number 1 to 2^29 - 1, wire type 0 to 5, five bytes). Encode the frame with the schema in schemas/weir/v1."
    case .lengthBeyondEnd:
      "the length goes beyond the end of the message. Send the whole message in one WebSocket message."
    case .unmatchedEndGroup:
      "a group ends that was not begun. Encode the frame with the schema in schemas/weir/v1."
    case .invalidUTF8:
      "the text is not valid UTF-8. Send text as UTF-8, never cut inside a character."
    case .tooDeep(let limit):
      "nested deeper than \(limit) levels. Send a flatter message."
    case .tooManyElements(let limit):
      "more than \(limit) elements. Send fewer in one frame."
    case .syntax(let expected):
      "this is not JSON, \(expected) was expected. Send one JSON object."
    case .badEscape:
      "a bad escape, or half of a surrogate pair. Write characters as UTF-8, or as \\uXXXX with both surrogates."
    case .wrongType(let expected):
      "the value has the wrong type. Send \(expected)."
    case .outOfRange(let type):
      "the number is not a whole number in the range of \(type). Send one that is."
    case .duplicateField:
      "the field occurs twice. Send it once."
    case .duplicateOneof:
      "another member of the same oneof is set already. Set one only."
    }
  }
}
