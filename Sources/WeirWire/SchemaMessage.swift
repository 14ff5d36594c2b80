import NIOCore

/// What the codecs know of each message; from these few facts come all of `WireMessage` and `WireJSONMessage`.
protocol SchemaMessage: WireJSONMessage, JSONValue {
  /// The message's full name in the schema, for errors.
  static var schemaName: StaticString { get }

  /// The fields by their names in JSON.
  static var json: JSONFields<Self> { get }

  /// The message with every field at its default.
  static var blank: Self { get }

  /// Gives the fields to `out` in the order of their numbers. Sizing and writing are the same walk, so that they
  /// cannot disagree.
  func write(to out: inout some WireSink)

  /// Reads fields until the input's current message ends.
  mutating func merge(from input: inout WireReader) throws(WireError)
}

extension SchemaMessage {
  /// The exact number of bytes that `encode(into:)` appends.
  public var encodedSize: Int {
    var sizer = WireSizer()
    write(to: &sizer)
    return sizer.size
  }

  /// Appends the message to `buffer`.
  public func encode(into buffer: inout ByteBuffer) {
    WireWriter.append(size: encodedSize, to: &buffer) { out in write(to: &out) }
  }

  /// Reads the message from all readable bytes of `buffer`.
  public static func decode(_ buffer: ByteBuffer, limits: WireLimits) throws(WireError) -> Self {
    try WireReader.read(buffer, limits: limits) { input throws(WireError) in
      var message = blank
      try input.mergeFields(into: &message)
      return message
    }
  }

  /// Appends the message's JSON to `buffer`.
  public func encodeJSON(into buffer: inout ByteBuffer) {
    var writer = JSONWriter()
    // Swapped in and out so that the buffer stays uniquely owned and is appended to in place.
    swap(&writer.buffer, &buffer)
    writer.message(self)
    swap(&writer.buffer, &buffer)
  }

  /// Reads the message from the JSON object in `buffer`.
  public static func decodeJSON(_ buffer: ByteBuffer, limits: WireLimits) throws(WireError) -> Self {
    try JSONReader.read(buffer, limits: limits) { input throws(WireError) in
      var message = blank
      try input.message(into: &message)
      return message
    }
  }
}

/// An enum of the schema. Its numbers count from 0 without gaps, so that a number is an index into the names.
protocol SchemaEnum: RawRepresentable<Int32>, Hashable, Sendable, CustomStringConvertible, JSONScalar {
  /// The values' names in the schema, by number.
  static var names: [StaticString] { get }

  init(rawValue: Int32)
}

extension SchemaEnum {
  /// The value's name in the schema; nil for a number this code does not know.
  var name: StaticString? {
    let index = Int(rawValue)
    return Self.names.indices.contains(index) ? Self.names[index] : nil
  }

  /// The value's name in the schema, or its number.
  public var description: String { name.map { "\($0)" } ?? "\(rawValue)" }
}
