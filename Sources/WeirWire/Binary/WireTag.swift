/// A field's key on the wire: its number and how its value is written.
struct WireTag: Equatable {
  /// `number << 3 | wire type`.
  let rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  @inline(__always)
  static func varint(_ field: UInt32) -> WireTag { WireTag(rawValue: field << 3) }

  @inline(__always)
  static func bytes(_ field: UInt32) -> WireTag { WireTag(rawValue: field << 3 | 2) }

  var field: UInt32 { rawValue >> 3 }
  var type: UInt32 { rawValue & 7 }
}
