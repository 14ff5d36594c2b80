/// Takes a message's fields: `WireSizer` counts their bytes, `WireWriter` writes them.
protocol WireSink {
  mutating func varint(_ value: UInt64)
  /// A string's length and bytes.
  mutating func utf8(_ string: String)
  /// A sub-message's length and fields.
  mutating func nested(_ message: some SchemaMessage)
}

// One method for each kind of field. proto3 leaves out defaults, except where presence is tracked.
extension WireSink {
  @inline(__always)
  mutating func tag(_ tag: WireTag) { varint(UInt64(tag.rawValue)) }

  @inline(__always)
  mutating func uint64(_ field: UInt32, _ value: UInt64) {
    if value == 0 { return }
    tag(.varint(field))
    varint(value)
  }

  @inline(__always)
  mutating func uint32(_ field: UInt32, _ value: UInt32) { uint64(field, UInt64(value)) }

  @inline(__always)
  mutating func bool(_ field: UInt32, _ value: Bool) { uint64(field, value ? 1 : 0) }

  /// Negative numbers are sign-extended to 64 bits, as protobuf does.
  @inline(__always)
  mutating func enumeration(_ field: UInt32, _ value: some SchemaEnum) { uint64(field, value.wireValue) }

  mutating func string(_ field: UInt32, _ value: String) {
    if !value.isEmpty { presentString(field, value) }
  }

  /// `optional`: written whenever it is set.
  mutating func optional(_ field: UInt32, _ value: UInt64?) {
    guard let value else { return }
    tag(.varint(field))
    varint(value)
  }

  mutating func message(_ field: UInt32, _ value: (some SchemaMessage)?) {
    if let value { presentMessage(field, value) }
  }

  /// A oneof's string: written even if it is empty.
  mutating func presentString(_ field: UInt32, _ value: String) {
    tag(.bytes(field))
    utf8(value)
  }

  /// A oneof's message: written even if it is empty.
  mutating func presentMessage(_ field: UInt32, _ value: some SchemaMessage) {
    tag(.bytes(field))
    nested(value)
  }

  mutating func strings(_ field: UInt32, _ values: [String]) {
    for value in values { presentString(field, value) }
  }

  mutating func messages(_ field: UInt32, _ values: [some SchemaMessage]) {
    for value in values { presentMessage(field, value) }
  }

  /// Packed: one length for all.
  mutating func enumerations(_ field: UInt32, _ values: [some SchemaEnum]) {
    if values.isEmpty { return }
    tag(.bytes(field))
    varint(UInt64(values.reduce(0) { $0 + WireSizer.size(ofVarint: $1.wireValue) }))
    for value in values { varint(value.wireValue) }
  }
}

extension SchemaEnum {
  var wireValue: UInt64 { UInt64(bitPattern: Int64(rawValue)) }
}

/// Counts the bytes that `WireWriter` would write.
struct WireSizer: WireSink {
  private(set) var size = 0

  @inline(__always)
  mutating func varint(_ value: UInt64) { size += Self.size(ofVarint: value) }

  mutating func utf8(_ string: String) {
    let count = string.utf8.count
    size += Self.size(ofVarint: UInt64(count)) + count
  }

  mutating func nested(_ message: some SchemaMessage) {
    let count = message.encodedSize
    size += Self.size(ofVarint: UInt64(count)) + count
  }

  /// 7 bits a byte; zero takes one.
  @inline(__always)
  static func size(ofVarint value: UInt64) -> Int { (70 - (value | 1).leadingZeroBitCount) / 7 }
}
