/// The target of a request (RFC 9112 §3.2): a path, and perhaps a query.
package struct RequestTarget: Sendable, Equatable {
  /// From the first `/` to the `?`; not percent-decoded.
  package let path: String
  /// Behind the `?`; not percent-decoded. nil: there is none.
  package let query: String?

  /// Reads an origin-form (`/a?b`) or absolute-form (`http://host/a?b`) target.
  package init(_ uri: String) {
    var rest = uri[...]
    if !rest.hasPrefix("/"), let schemeEnd = rest.firstRange(of: "://") {
      rest = rest[schemeEnd.upperBound...].drop { $0 != "/" && $0 != "?" }
    }
    if let mark = rest.firstIndex(of: "?") {
      path = mark == rest.startIndex ? "/" : String(rest[..<mark])
      query = String(rest[rest.index(after: mark)...])
    } else {
      path = rest.isEmpty ? "/" : String(rest)
      query = nil
    }
  }

  /// The first value of a query parameter, percent-decoded; `+` is a space. nil: it is not there, or is not UTF-8.
  package func queryValue(_ name: String) -> String? {
    guard let query else { return nil }
    for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      if RequestTarget.decoded(parts[0]) == name { return parts.count == 2 ? RequestTarget.decoded(parts[1]) : "" }
    }
    return nil
  }

  /// Percent-decoding (RFC 3986 §2.1) of a form value. nil: the bytes are not UTF-8. A `%` without two digits is
  /// itself.
  static func decoded(_ text: some Sequence<UInt8>) -> String? {
    var bytes: [UInt8] = []
    let source = Array(text)
    var index = 0
    while index < source.count {
      let byte = source[index]
      if byte == UInt8(ascii: "%"), index + 2 < source.count, let high = digit(source[index + 1]),
        let low = digit(source[index + 2])
      {
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        index += 1
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
