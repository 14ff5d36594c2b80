import NIOCore

/// Reads fields out of a frame, in place.
///
/// The pointer is that of a `ByteBuffer` and lives only inside `read`. `byte()` and `span()` are the only ways to the
/// bytes, and both compare with `end` first: no length from the wire is believed.
struct WireReader {
  let limits: WireLimits
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0
  /// Where the current message ends; never beyond `bytes`.
  private var end: Int
  private var depth = 0
  /// The number of the field that is being read, for errors.
  private var field: UInt32 = 0

  private init(_ bytes: UnsafeRawBufferPointer, limits: WireLimits) {
    self.bytes = bytes
    self.limits = limits
    end = bytes.count
  }

  /// Runs `body` on all readable bytes of `buffer`.
  static func read<T>(
    _ buffer: ByteBuffer, limits: WireLimits, _ body: (inout WireReader) throws(WireError) -> T
  ) throws(WireError) -> T {
    try buffer.withUnsafeReadableBytes { (bytes) throws(WireError) in
      var reader = WireReader(bytes, limits: limits)
      return try body(&reader)
    }
  }

  /// The next field's key; nil at the end of the current message.
  mutating func nextTag() throws(WireError) -> WireTag? {
    if offset == end { return nil }
    let start = offset
    field = 0
    let raw = try varint()
    guard offset - start <= 5, raw <= UInt64(UInt32.max), raw >> 3 != 0, raw & 7 < 6 else {
      throw WireError(.badKey, at: start)
    }
    let tag = WireTag(rawValue: UInt32(raw))
    field = tag.field
    return tag
  }

  /// Runs `message`'s own merge, and names the message in errors that it throws.
  mutating func mergeFields<M: SchemaMessage>(into message: inout M) throws(WireError) {
    do throws(WireError) {
      try message.merge(from: &self)
    } catch {
      throw error.field.isEmpty ? WireError(error.reason, at: error.offset, field: place(in: M.schemaName)) : error
    }
  }

  private func place(in message: StaticString) -> String { field == 0 ? "\(message)" : "field \(field) of \(message)" }

  // MARK: Values

  mutating func varint() throws(WireError) -> UInt64 {
    let start = offset
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      let byte = try byte()
      value |= UInt64(byte & 0x7F) << shift  // Bits beyond the 64th fall off, as in protobuf's own runtimes.
      if byte < 0x80 { return value }
    }
    throw WireError(.varintTooLong, at: start)
  }

  mutating func uint64() throws(WireError) -> UInt64 { try varint() }

  /// The low 32 bits, as in protobuf's own runtimes.
  mutating func uint32() throws(WireError) -> UInt32 { UInt32(truncatingIfNeeded: try varint()) }

  mutating func bool() throws(WireError) -> Bool { try varint() != 0 }

  mutating func enumeration<E: SchemaEnum>() throws(WireError) -> E {
    E(rawValue: Int32(truncatingIfNeeded: try varint()))
  }

  mutating func string() throws(WireError) -> String {
    let start = offset
    let range = try span()
    guard let string = String(validating: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self) else {
      throw WireError(.invalidUTF8, at: start)
    }
    return string
  }

  // MARK: Sub-messages

  /// A sub-message that occurs again is merged into what came before.
  mutating func merge<M: SchemaMessage>(into value: inout M?) throws(WireError) {
    var message = value ?? M.blank
    value = nil  // So that `message` owns its arrays alone and grows them in place.
    try nested(into: &message)
    value = message
  }

  /// The same for a message in a oneof: merged if the oneof holds that member, else it takes the place of another.
  mutating func merge<Kind, M: SchemaMessage>(
    into oneof: inout Kind?, _ wrap: (M) -> Kind, _ payload: (Kind) -> M?
  ) throws(WireError) {
    var message = oneof.flatMap(payload) ?? M.blank
    oneof = nil
    try nested(into: &message)
    oneof = wrap(message)
  }

  private mutating func nested<M: SchemaMessage>(into message: inout M) throws(WireError) {
    let range = try span()
    guard depth < limits.maximumDepth else {
      throw WireError(.tooDeep(limit: limits.maximumDepth), at: range.lowerBound)
    }
    let outer = (end: end, field: field)
    (offset, end) = (range.lowerBound, range.upperBound)
    depth += 1
    try mergeFields(into: &message)
    depth -= 1
    (end, field) = outer
  }

  // MARK: Repeated fields

  mutating func append<M: SchemaMessage>(to values: inout [M]) throws(WireError) {
    try checkRoom(values.count)
    var message = M.blank
    try nested(into: &message)
    values.append(message)
  }

  mutating func append(to values: inout [String]) throws(WireError) {
    try checkRoom(values.count)
    values.append(try string())
  }

  mutating func append<E: SchemaEnum>(to values: inout [E]) throws(WireError) {
    try checkRoom(values.count)
    values.append(try enumeration())
  }

  mutating func appendPacked<E: SchemaEnum>(to values: inout [E]) throws(WireError) {
    let range = try span()
    let outer = end
    (offset, end) = (range.lowerBound, range.upperBound)
    while offset < end { try append(to: &values) }
    end = outer
  }

  private func checkRoom(_ count: Int) throws(WireError) {
    guard count < limits.maximumRepeated else {
      throw WireError(.tooManyElements(limit: limits.maximumRepeated), at: offset)
    }
  }

  // MARK: Unknown fields

  /// Skips a value: of a field this code does not know, or of one that comes with another wire type than the schema's.
  mutating func skip(_ tag: WireTag) throws(WireError) {
    switch tag.type {
    case 0: _ = try varint()
    case 1: try skip(bytes: 8)
    case 2: _ = try span()
    case 3: try skipGroup(tag.field)
    case 5: try skip(bytes: 4)
    default: throw WireError(.unmatchedEndGroup, at: offset)
    }
  }

  private mutating func skip(bytes count: Int) throws(WireError) {
    guard count <= end - offset else { throw WireError(.truncated, at: offset) }
    offset += count
  }

  /// Groups are not in proto3, but a peer's unknown field may be one. They end at their end tag, not at a length.
  private mutating func skipGroup(_ group: UInt32) throws(WireError) {
    guard depth < limits.maximumDepth else { throw WireError(.tooDeep(limit: limits.maximumDepth), at: offset) }
    depth += 1
    while let tag = try nextTag() {
      if tag.type != 4 {
        try skip(tag)
      } else if tag.field == group {
        depth -= 1
        return
      } else {
        throw WireError(.unmatchedEndGroup, at: offset)
      }
    }
    throw WireError(.truncated, at: offset)
  }

  // MARK: Bytes

  @inline(__always)
  private mutating func byte() throws(WireError) -> UInt8 {
    guard offset < end else { throw WireError(.truncated, at: offset) }
    defer { offset += 1 }
    return bytes[offset]
  }

  /// The bytes of a length-delimited value: reads the length and steps over what it covers.
  private mutating func span() throws(WireError) -> Range<Int> {
    let start = offset
    let length = try varint()
    guard length <= UInt64(end - offset) else { throw WireError(.lengthBeyondEnd, at: start) }
    let range = offset..<offset + Int(length)
    offset = range.upperBound
    return range
  }
}
