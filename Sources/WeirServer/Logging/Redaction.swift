/// Takes secrets out of what is about to be logged. Whoever logs a target, a header or a URL calls this first.
package enum Redaction {
  /// What stands in a secret's place.
  package static let mark = "***"

  /// Query parameters whose values are secret, in small letters.
  private static let secretParameters: Set<String> = [
    "token", "access_token", "id_token", "refresh_token", "jwt", "key", "api_key", "apikey", "secret", "password",
    "auth", "authorization", "code", "signature", "sig",
  ]

  /// Headers whose values are secret, in small letters.
  private static let secretHeaders: Set<String> = [
    "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key",
  ]

  /// A request target or URL without the values of secret parameters, without user and password, without control
  /// characters, and of at most 512 bytes.
  package static func uri(_ uri: String) -> String {
    var text = withoutUser(uri)
    if let mark = text.firstIndex(of: "?") {
      let start = text.index(after: mark)
      let rest = text[start...]
      let query = rest.prefix { $0 != "#" }
      let fragment = rest[query.endIndex...]
      let pairs = query.split(separator: "&", omittingEmptySubsequences: false).map(parameter)
      // A fragment can be a token too (OAuth's implicit grant), and no server needs one.
      text = text[..<start] + pairs.joined(separator: "&") + (fragment.isEmpty ? "" : "#\(Redaction.mark)")
    }
    return printable(text, limit: 512)
  }

  /// A header's value as it may be logged.
  package static func header(_ name: String, _ value: String) -> String {
    let name = name.lowercased()
    if secretHeaders.contains(name) { return mark }
    if name == "sec-websocket-protocol" {
      let entries = value.split(separator: ",", omittingEmptySubsequences: false).map { entry in
        let text = entry.drop { $0 == " " || $0 == "\t" }
        return Credentials.isTokenProtocol(text) ? "\(text.prefix { $0 != "." }).\(mark)" : String(text)
      }
      return printable(entries.joined(separator: ", ")[...], limit: 512)
    }
    if name == "referer" || name == "location" || name == "origin" { return uri(value) }
    return printable(value[...], limit: 512)
  }

  private static func parameter(_ pair: Substring) -> String {
    guard let sign = pair.firstIndex(of: "=") else { return String(pair) }
    // The name may itself be percent-encoded: %74oken is a token.
    let name = RequestTarget.decoded(pair[..<sign].utf8)?.lowercased()
    let isSecret = name.map { secretParameters.contains($0) } ?? true
    return isSecret ? "\(pair[..<sign])=\(mark)" : String(pair)
  }

  /// `https://user:password@host/` loses what stands before the `@`.
  private static func withoutUser(_ uri: String) -> Substring {
    guard let schemeEnd = uri.firstRange(of: "://") else { return uri[...] }
    let rest = uri[schemeEnd.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let sign = authority.lastIndex(of: "@") else { return uri[...] }
    return uri[..<schemeEnd.upperBound] + "\(mark)@" + uri[uri.index(after: sign)...]
  }

  /// Bytes a terminal or a log reader could take for something else become `?`.
  private static func printable(_ text: Substring, limit: Int) -> String {
    let bytes = text.utf8.prefix(limit).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
    return String(decoding: bytes, as: UTF8.self) + (text.utf8.count > limit ? "..." : "")
  }
}
