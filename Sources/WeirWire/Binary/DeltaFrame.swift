public import NIOCore

/// A ServerFrame that holds a Delta, written from the bytes of the answer's text: no message values, and no `String` of
/// the text. The bytes are those of `ServerFrame(frame: .delta(...))`. The text must be whole characters of UTF-8.
///
/// What a Delta of plain text does not have (`kind`, `toolCallID`, `toolName`) costs it one comparison each.
public enum DeltaFrame {
  /// The exact size of the binary frame.
  public static func encodedSize(
    turnID: UInt64, offset: UInt64, textBytes: Int, kind: PartKind = .unspecified, toolCallID: String = "",
    toolName: String = ""
  ) -> Int {
    let inner = innerSize(turnID, offset, textBytes, kind, toolCallID, toolName)
    return 1 + WireSizer.size(ofVarint: UInt64(inner)) + inner
  }

  /// Appends the binary frame: `encodedSize` bytes.
  public static func encode(
    turnID: UInt64, offset: UInt64, text: UnsafeRawBufferPointer, kind: PartKind = .unspecified,
    toolCallID: String = "", toolName: String = "", into buffer: inout ByteBuffer
  ) {
    let inner = innerSize(turnID, offset, text.count, kind, toolCallID, toolName)
    let size = 1 + WireSizer.size(ofVarint: UInt64(inner)) + inner
    WireWriter.append(size: size, to: &buffer) { out in
      out.tag(.bytes(2))  // ServerFrame.delta
      out.varint(UInt64(inner))
      out.uint64(1, turnID)
      out.uint64(2, offset)
      if !text.isEmpty {
        out.tag(.bytes(3))
        out.varint(UInt64(text.count))
        out.bytes(text)
      }
      part(kind, toolCallID, toolName, to: &out)
    }
  }

  /// Appends the frame in JSON; the text is escaped straight from its bytes.
  public static func encodeJSON(
    turnID: UInt64, offset: UInt64, text: UnsafeRawBufferPointer, kind: PartKind = .unspecified,
    toolCallID: String = "", toolName: String = "", into buffer: inout ByteBuffer
  ) {
    buffer.writeStaticString("{\"delta\":{")
    var comma = false
    func name(_ name: StaticString) {
      if comma { buffer.writeStaticString(",") }
      comma = true
      buffer.writeStaticString(name)
    }
    if turnID != 0 {
      name("\"turnId\":")
      JSONText.appendQuoted(turnID, to: &buffer)
    }
    if offset != 0 {
      name("\"offset\":")
      JSONText.appendQuoted(offset, to: &buffer)
    }
    if !text.isEmpty {
      name("\"text\":")
      JSONText.appendQuoted(text, to: &buffer)
    }
    if !kind.isDefault {
      name("\"kind\":")
      JSONText.append(kind, to: &buffer)
    }
    if !toolCallID.isEmpty {
      name("\"toolCallId\":")
      JSONText.appendQuoted(toolCallID, to: &buffer)
    }
    if !toolName.isEmpty {
      name("\"toolName\":")
      JSONText.appendQuoted(toolName, to: &buffer)
    }
    buffer.writeStaticString("}}")
  }

  @inline(__always)
  private static func innerSize(
    _ turnID: UInt64, _ offset: UInt64, _ textBytes: Int, _ kind: PartKind, _ toolCallID: String, _ toolName: String
  ) -> Int {
    var sizer = WireSizer()
    sizer.uint64(1, turnID)
    sizer.uint64(2, offset)
    if textBytes > 0 {
      sizer.tag(.bytes(3))
      sizer.varint(UInt64(textBytes))
    }
    part(kind, toolCallID, toolName, to: &sizer)
    return sizer.size + textBytes
  }

  /// The fields that come after the text.
  @inline(__always)
  private static func part(_ kind: PartKind, _ toolCallID: String, _ toolName: String, to out: inout some WireSink) {
    out.enumeration(4, kind)
    out.string(5, toolCallID)
    out.string(6, toolName)
  }
}
