/// Walks over one JSON text (RFC 8259), value by value, and checks it on the way: every byte that it steps over has been
/// seen to be JSON. Bounds nesting; the text's size is the transport's limit.
///
/// Faults are the sender's: they are thrown as what the sender is told.
struct JSONScanner {
  private static let maximumDepth = 64

  private let bytes: [UInt8]
  private(set) var position = 0
  private var depth = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The kinds of values, by their first byte.
  enum Kind {
    case object, array, string, number, bool, null

    var name: String {
      switch self {
      case .object: "an object"
      case .array: "an array"
      case .string: "a string"
      case .number: "a number"
      case .bool: "true or false"
      case .null: "null"
      }
    }
  }

  // MARK: Bytes

  /// The byte at the position; nil at the end.
  var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func advance(by count: Int = 1) { position += count }

  func slice(_ range: Range<Int>) -> ArraySlice<UInt8> { bytes[range] }

  /// Steps over bytes while they are such.
  mutating func take(while isSuch: (UInt8) -> Bool) -> Range<Int> {
    let start = position
    while position < bytes.count, isSuch(bytes[position]) { position += 1 }
    return start..<position
  }

  private mutating func skipSpace() {
    _ = take { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
  }

  func fault(_ expected: String) -> InvalidRequest {
    InvalidRequest(body: "The body is not JSON: at byte \(position), \(expected) was expected. Send one JSON object.")
  }

  // MARK: Values

  /// The kind of the value that comes next, not taken.
  mutating func kind() throws(InvalidRequest) -> Kind {
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return .number
    default: throw fault("a value")
    }
  }

  /// The next value must be of this kind.
  mutating func expect(_ wanted: Kind) throws(InvalidRequest) {
    let kind = try kind()
    if kind != wanted { throw InvalidRequest("This must be \(wanted.name), not \(kind.name).") }
  }

  /// Takes a null, if that is next.
  mutating func takeNull() throws(InvalidRequest) -> Bool {
    guard try kind() == .null else { return false }
    try literal("null")
    return true
  }

  mutating func bool() throws(InvalidRequest) -> Bool {
    try expect(.bool)
    let isTrue = current == UInt8(ascii: "t")
    try literal(isTrue ? "true" : "false")
    return isTrue
  }

  private mutating func literal(_ word: StaticString) throws(InvalidRequest) {
    let range = take { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    guard word.withUTF8Buffer({ slice(range).elementsEqual($0) }) else {
      position = range.lowerBound
      throw fault("\(word)")
    }
  }

  /// Nothing but white space may be left.
  mutating func end() throws(InvalidRequest) {
    skipSpace()
    if current != nil { throw fault("nothing more") }
  }

  // MARK: Objects and arrays

  /// Takes the opening brace.
  mutating func beginObject() throws(InvalidRequest) {
    try expect(.object)
    try enter()
  }

  /// Takes the opening bracket.
  mutating func beginArray() throws(InvalidRequest) {
    try expect(.array)
    try enter()
  }

  private mutating func enter() throws(InvalidRequest) {
    depth += 1
    if depth > Self.maximumDepth {
      throw InvalidRequest(body: "The body is nested deeper than \(Self.maximumDepth) levels; send a flatter one.")
    }
    position += 1
  }

  /// The next member's name, with the scanner at its value; nil behind the closing brace. `isFirst` starts as true.
  mutating func nextKey(_ isFirst: inout Bool) throws(InvalidRequest) -> String? {
    guard try next(UInt8(ascii: "}"), &isFirst) else { return nil }
    guard current == UInt8(ascii: "\"") else { throw fault("a name in quotes") }
    let key = try string()
    skipSpace()
    guard current == UInt8(ascii: ":") else { throw fault("a colon") }
    position += 1
    return key
  }

  /// Whether there is another element, with the scanner at it; else the closing bracket is taken. `isFirst` starts as
  /// true.
  mutating func nextElement(_ isFirst: inout Bool) throws(InvalidRequest) -> Bool {
    try next(UInt8(ascii: "]"), &isFirst)
  }

  private mutating func next(_ closing: UInt8, _ isFirst: inout Bool) throws(InvalidRequest) -> Bool {
    skipSpace()
    if current == closing {
      position += 1
      depth -= 1
      return false
    }
    if !isFirst {
      guard current == UInt8(ascii: ",") else { throw fault("a comma or the end of the list") }
      position += 1
      skipSpace()
    }
    isFirst = false
    return true
  }

  /// Takes a value of any kind.
  mutating func skipValue() throws(InvalidRequest) {
    var isFirst = true
    switch try kind() {
    case .object:
      try beginObject()
      while try nextKey(&isFirst) != nil { try skipValue() }
    case .array:
      try beginArray()
      while try nextElement(&isFirst) { try skipValue() }
    case .string: _ = try string()
    case .number: _ = try number()
    case .bool: _ = try bool()
    case .null: _ = try takeNull()
    }
  }

  /// The text of a value that starts at `start` and ends here: JSON, because it was walked over.
  func text(from start: Int) throws(InvalidRequest) -> String {
    guard let text = String(validating: bytes[start..<position], as: UTF8.self) else { throw fault("valid UTF-8") }
    return text
  }

  /// The position of the value that comes next.
  mutating func start() throws(InvalidRequest) -> Int {
    _ = try kind()
    return position
  }
}
