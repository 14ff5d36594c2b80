/// The part of a request target behind the `?`, looked up by name. Decodes percent-escapes and `+` of what is asked for.
public struct QueryParameters: Sendable {
  /// As sent.
  public let raw: String

  /// Takes the part behind the `?`.
  public init(_ raw: String) { self.raw = raw }

  /// The decoded value of the first parameter named `name`; "" when it has no value; `nil` when it is absent or is not
  /// valid percent-encoded UTF-8.
  public subscript(name: String) -> String? {
    for pair in raw.utf8.split(separator: UInt8(ascii: "&")) {
      let equals = pair.firstIndex(of: UInt8(ascii: "="))
      guard Self.decode(pair[..<(equals ?? pair.endIndex)]) == name else { continue }
      return equals.map { Self.decode(pair[pair.index(after: $0)...]) } ?? ""
    }
    return nil
  }

  private static func decode(_ text: Substring.UTF8View) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(32)
      case UInt8(ascii: "%"):
        guard let high = rest.next().flatMap(hexDigit), let low = rest.next().flatMap(hexDigit) else { return nil }
        bytes.append(high << 4 | low)
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
