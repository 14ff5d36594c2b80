/// One JSON object on one line, its members in the order in which they were added.
struct JSONLine {
  private var members: [String] = []

  /// Adds a string.
  mutating func add(_ name: String, _ value: String) {
    add(name, raw: Self.quoted(value))
  }

  /// Adds a number.
  mutating func add(_ name: String, _ value: some BinaryInteger) {
    add(name, raw: String(value))
  }

  /// Adds a number with `digits` behind the point.
  mutating func add(_ name: String, _ value: Double, digits: Int = 3) {
    add(name, raw: value.isFinite ? Self.decimal(value, digits: digits) : "null")
  }

  /// Adds true or false.
  mutating func add(_ name: String, _ value: Bool) {
    add(name, raw: value ? "true" : "false")
  }

  /// Adds JSON that is finished already.
  mutating func add(_ name: String, raw value: String) {
    members.append("\(Self.quoted(name)):\(value)")
  }

  /// The object, without a line end.
  var text: String { "{\(members.joined(separator: ","))}" }

  /// A string as RFC 8259 section 7 has it; all that is not ASCII control is left as it is.
  static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0x0A: bytes += Array("\\n".utf8)
      case 0x0D: bytes += Array("\\r".utf8)
      case 0x09: bytes += Array("\\t".utf8)
      case 0x00..<0x20, 0x7F:
        let digits = String(byte, radix: 16)
        bytes += Array("\\u".utf8) + Array(repeating: UInt8(ascii: "0"), count: 4 - digits.count) + Array(digits.utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A number with `digits` behind the point, rounded.
  static func decimal(_ value: Double, digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 1e15 else { return String(value) }
    let whole = Int64(scaled / scale)
    let fraction = Int64(scaled - Double(whole) * scale)
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if digits == 0 { return "\(sign)\(whole)" }
    let text = String(fraction)
    return "\(sign)\(whole)." + String(repeating: "0", count: max(digits - text.count, 0)) + text
  }
}
