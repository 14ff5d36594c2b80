public import NIOCore

/// A message of the schema in protobuf's binary encoding.
///
/// The bytes are those that protoc's generated code makes: fields in the order of their numbers, defaults left out,
/// repeated enums packed. Calls are pure and may be made on any thread.
public protocol WireMessage: Sendable, Equatable {
  /// The exact number of bytes that `encode(into:)` appends.
  var encodedSize: Int { get }

  /// Appends the message to `buffer`. Makes no intermediate objects; the buffer grows at most once, by `encodedSize`.
  func encode(into buffer: inout ByteBuffer)

  /// Reads the message from all readable bytes of `buffer`.
  ///
  /// No length in the bytes is trusted, and unknown fields are skipped. A field that occurs twice follows protobuf's
  /// rules: the last value wins, sub-messages are merged, repeated fields are joined.
  static func decode(_ buffer: ByteBuffer, limits: WireLimits) throws(WireError) -> Self
}

extension WireMessage {
  /// Reads the message from all readable bytes of `buffer`, within the default limits.
  public static func decode(_ buffer: ByteBuffer) throws(WireError) -> Self {
    try decode(buffer, limits: WireLimits())
  }
}

/// A message of the schema that also has proto3's canonical JSON form. See `WireJSON`.
public protocol WireJSONMessage: WireMessage {
  /// Appends the message's JSON to `buffer`.
  func encodeJSON(into buffer: inout ByteBuffer)

  /// Reads the message from the JSON object that is all of `buffer`'s readable bytes.
  static func decodeJSON(_ buffer: ByteBuffer, limits: WireLimits) throws(WireError) -> Self
}
