public import NIOCore

/// The schema's messages in proto3's canonical JSON.
///
/// Written: lowerCamelCase names, 64-bit integers as strings, enums by name (unknown ones by number), no defaults.
/// Read: the whole JSON grammar; fields by their JSON name or by their name in the schema; integers as numbers or
/// strings; enums by name or number; `null` for a default. Unknown fields, and names of enum values this code does not
/// know, are skipped, so that old and new peers understand each other. A field that occurs twice is an error.
public enum WireJSON {
  /// Appends `message` as one JSON object to `buffer`.
  public static func encode(_ message: some WireJSONMessage, into buffer: inout ByteBuffer) {
    message.encodeJSON(into: &buffer)
  }

  /// Reads a message from the JSON object that is all of `buffer`'s readable bytes.
  public static func decode<Message: WireJSONMessage>(
    _ type: Message.Type, from buffer: ByteBuffer, limits: WireLimits = WireLimits()
  ) throws(WireError) -> Message {
    try type.decodeJSON(buffer, limits: limits)
  }
}
