import NIOCore

/// Reads JSON in place, straight into messages: no tree is built.
///
/// The pointer is that of a `ByteBuffer` and lives only inside `read`. `peek()` and `slice(_:)` are the only ways to
/// the bytes; `offset` never goes beyond their end.
struct JSONReader {
  let limits: WireLimits
  private let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0
  private var depth = 0

  private init(_ bytes: UnsafeRawBufferPointer, limits: WireLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  /// Runs `body` on all readable bytes of `buffer`; behind what it reads only white space may follow.
  static func read<T>(
    _ buffer: ByteBuffer, limits: WireLimits, _ body: (inout JSONReader) throws(WireError) -> T
  ) throws(WireError) -> T {
    try buffer.withUnsafeReadableBytes { (bytes) throws(WireError) in
      var reader = JSONReader(bytes, limits: limits)
      reader.skipWhiteSpace()
      let value = try body(&reader)
      reader.skipWhiteSpace()
      guard reader.offset == bytes.count else { throw reader.syntax("nothing more") }
      return value
    }
  }

  // MARK: Bytes

  /// The next byte, which stays; nil at the end.
  func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

  /// Steps over the next byte; nil at the end.
  mutating func next() -> UInt8? {
    guard let byte = peek() else { return nil }
    offset += 1
    return byte
  }

  /// Steps over `byte` if it is next.
  mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: byte) else { return false }
    offset += 1
    return true
  }

  /// Steps over bytes while they are such.
  mutating func take(while isSuch: (UInt8) -> Bool) -> Range<Int> {
    let start = offset
    while let byte = peek(), isSuch(byte) { offset += 1 }
    return start..<offset
  }

  func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

  mutating func skipWhiteSpace() {
    _ = take { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
  }

  func syntax(_ expected: String) -> WireError { WireError(.syntax(expected: expected), at: offset) }

  // MARK: Objects and arrays

  mutating func message<Message: SchemaMessage>(into message: inout Message) throws(WireError) {
    let fields = Message.json
    var seen: UInt64 = 0
    try object { input, name throws(WireError) in
      guard let place = fields.place(of: name) else { return try input.skipValue() }
      do throws(WireError) {
        if seen & 1 << UInt64(place) != 0 { throw WireError(.duplicateField, at: input.offset) }
        seen |= 1 << UInt64(place)
        if input.peek() == UInt8(ascii: "n") { return try input.literal("null") }
        try fields.fields[place].read(&message, &input)
      } catch {
        throw error.inside(name)
      }
    }
  }

  mutating func array<Value: JSONValue>() throws(WireError) -> [Value] {
    var values: [Value] = []
    var index = 0
    try array { input throws(WireError) in
      do throws(WireError) {
        // Those that are left out count too: the bound is on work as well as on memory.
        guard index < input.limits.maximumRepeated else {
          throw WireError(.tooManyElements(limit: input.limits.maximumRepeated), at: input.offset)
        }
        if let value = try Value.readJSON(from: &input) { values.append(value) }
      } catch {
        throw error.inside("[\(index)]")
      }
      index += 1
    }
    return values
  }

  private mutating func object(
    _ member: (inout JSONReader, String) throws(WireError) -> Void
  ) throws(WireError) {
    guard take("{") else { throw WireError(.wrongType(expected: "an object"), at: offset) }
    try enter()
    skipWhiteSpace()
    if !take("}") {
      repeat {
        skipWhiteSpace()
        guard peek() == UInt8(ascii: "\"") else { throw syntax("a name in quotes") }
        let name = try string()
        skipWhiteSpace()
        guard take(":") else { throw syntax("a colon") }
        skipWhiteSpace()
        try member(&self, name)
        skipWhiteSpace()
      } while take(",")
      guard take("}") else { throw syntax("a comma or a closing brace") }
    }
    depth -= 1
  }

  private mutating func array(_ element: (inout JSONReader) throws(WireError) -> Void) throws(WireError) {
    guard take("[") else { throw WireError(.wrongType(expected: "an array"), at: offset) }
    try enter()
    skipWhiteSpace()
    if !take("]") {
      repeat {
        skipWhiteSpace()
        try element(&self)
        skipWhiteSpace()
      } while take(",")
      guard take("]") else { throw syntax("a comma or a closing bracket") }
    }
    depth -= 1
  }

  private mutating func enter() throws(WireError) {
    guard depth < limits.maximumDepth else { throw WireError(.tooDeep(limit: limits.maximumDepth), at: offset) }
    depth += 1
  }

  // MARK: Unknown fields

  mutating func skipArray() throws(WireError) {
    try array { input throws(WireError) in try input.skipValue() }
  }

  private mutating func skipValue() throws(WireError) {
    switch peek() {
    case UInt8(ascii: "{"): try object { input, _ throws(WireError) in try input.skipValue() }
    case UInt8(ascii: "["): try array { input throws(WireError) in try input.skipValue() }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"): try literal("true")
    case UInt8(ascii: "f"): try literal("false")
    case UInt8(ascii: "n"): try literal("null")
    default: try skipNumber()
    }
  }
}
