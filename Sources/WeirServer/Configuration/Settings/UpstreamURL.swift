/// What a provider's base URL must look like. libcurl parses it in the end; this finds what people get wrong, early.
enum UpstreamURL {
  /// What a good URL would be, or nil if this is one.
  static func complaint(_ text: String) -> String? {
    let good = "a base URL such as https://api.openai.com/v1"
    guard let schemeEnd = text.firstRange(of: "://") else { return "\(good); the http:// or https:// is missing" }
    let scheme = text[..<schemeEnd.lowerBound].lowercased()
    guard scheme == "http" || scheme == "https" else { return "\(good); \(scheme):// is not spoken here" }
    let rest = text[schemeEnd.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if authority.contains("@") { return "\(good), without a user or password; give the key by WEIR_UPSTREAM_KEY" }
    if authority.isEmpty || authority.hasPrefix(":") { return "\(good); the host is missing" }
    if rest.contains("?") || rest.contains("#") { return "\(good), without ? and #" }
    if text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) { return "\(good), without spaces" }
    return nil
  }
}
