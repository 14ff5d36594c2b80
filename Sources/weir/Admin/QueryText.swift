import Foundation

/// The query of a request's target.
enum QueryText {
  static func encoded(_ pairs: [(String, String)]) -> String {
    pairs.map { "\($0)=\(encoded($1))" }.joined(separator: "&")
  }

  /// Percent-encoding (RFC 3986 §2.1) of all but the unreserved characters.
  static func encoded(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      default: encoded += String(format: "%%%02X", Int(byte))
      }
    }
    return encoded
  }
}
