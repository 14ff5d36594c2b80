/// The address of a link that a model wrote. Only what a person would expect behind a link is let through, in characters
/// that cannot end an escape sequence.
enum LinkTarget {
  static let maximumBytes = 2_000

  /// The address as ASCII; nil: not one to click on.
  static func safe(_ address: some StringProtocol) -> String? {
    guard address.utf8.count <= maximumBytes,
      let colon = address.firstIndex(of: ":"),
      ["http", "https", "mailto"].contains(address[..<colon].lowercased())
    else { return nil }
    var result = ""
    for byte in address.utf8 {
      switch byte {
      case 0x00...0x1F, 0x7F: return nil
      case 0x21...0x7E: result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return result
  }
}
