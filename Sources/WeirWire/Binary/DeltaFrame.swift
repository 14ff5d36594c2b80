public import NIOCore

/// A ServerFrame that holds a Delta, written from the bytes of the answer's text: no `String`, no message values.
/// The bytes are those of `ServerFrame(frame: .delta(...))`. The text must be whole characters of UTF-8.
public enum DeltaFrame {
  /// The exact size of the binary frame.
  public static func encodedSize(turnID: UInt64, offset: UInt64, textBytes: Int) -> Int {
    let inner = innerSize(turnID: turnID, offset: offset, textBytes: textBytes)
    return 1 + WireSizer.size(ofVarint: UInt64(inner)) + inner
  }

  /// Appends the binary frame: `encodedSize` bytes.
  public static func encode(
    turnID: UInt64, offset: UInt64, text: UnsafeRawBufferPointer, into buffer: inout ByteBuffer
  ) {
    let inner = innerSize(turnID: turnID, offset: offset, textBytes: text.count)
    let size = 1 + WireSizer.size(ofVarint: UInt64(inner)) + inner
    WireWriter.append(size: size, to: &buffer) { out in
      out.tag(.bytes(2))  // ServerFrame.delta
      out.varint(UInt64(inner))
      out.uint64(1, turnID)
      out.uint64(2, offset)
      if text.isEmpty { return }
      out.tag(.bytes(3))
      out.varint(UInt64(text.count))
      out.bytes(text)
    }
  }

  /// Appends the frame in JSON; the text is escaped straight from its bytes.
  public static func encodeJSON(
    turnID: UInt64, offset: UInt64, text: UnsafeRawBufferPointer, into buffer: inout ByteBuffer
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
    buffer.writeStaticString("}}")
  }

  private static func innerSize(turnID: UInt64, offset: UInt64, textBytes: Int) -> Int {
    var sizer = WireSizer()
    sizer.uint64(1, turnID)
    sizer.uint64(2, offset)
    if textBytes == 0 { return sizer.size }
    sizer.tag(.bytes(3))
    sizer.varint(UInt64(textBytes))
    return sizer.size + textBytes
  }
}
