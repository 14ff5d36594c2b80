/// A `ServerFrame` that holds nothing but a `Delta`, read where it lies: at 200,000 a second the load generator cannot
/// afford a string for each. The field numbers are those of `schemas/weir/v1/server.proto`; whatever looks different is
/// left to WeirWire.
struct DeltaView {
  private(set) var turnID: UInt64 = 0
  private(set) var offset: UInt64 = 0
  /// The text's UTF-8. Valid as long as the frame's bytes.
  private(set) var text = UnsafeRawBufferPointer(start: nil, count: 0)

  init?(_ frame: UnsafeRawBufferPointer) {
    var outer = Cursor(frame)
    guard outer.byte() == 0x12, let inner = outer.span(), outer.isAtEnd else { return nil }
    var fields = Cursor(inner)
    while !fields.isAtEnd {
      switch fields.byte() {
      case 0x08:
        guard let value = fields.varint() else { return nil }
        turnID = value
      case 0x10:
        guard let value = fields.varint() else { return nil }
        offset = value
      case 0x1A:
        guard let value = fields.span() else { return nil }
        text = value
      default: return nil
      }
    }
  }

  private struct Cursor {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8? {
      guard let byte = rest.first else { return nil }
      rest = UnsafeRawBufferPointer(rebasing: rest[1...])
      return byte
    }

    mutating func varint() -> UInt64? {
      var value: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 70, by: 7) {
        guard let byte = byte() else { return nil }
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
      }
      return nil
    }

    mutating func span() -> UnsafeRawBufferPointer? {
      guard let length = varint(), length <= UInt64(rest.count) else { return nil }
      let span = UnsafeRawBufferPointer(rebasing: rest[..<Int(length)])
      rest = UnsafeRawBufferPointer(rebasing: rest[Int(length)...])
      return span
    }
  }
}
