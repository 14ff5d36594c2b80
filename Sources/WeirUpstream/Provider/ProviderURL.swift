/// Where a provider is asked for answers.
enum ProviderURL {
  /// The address for a base URL as people write it: `http://host:port/v1`, with or without a slash behind it, the whole
  /// address of the method, or a bare `http://host:port`, which means `/v1`. A query stays behind the path.
  ///
  /// By custom the base URL of OpenAI's API holds the version and that of Anthropic's does not; there `/v1` is added
  /// unless it is there.
  static func address(base: String, dialect: Dialect) -> String {
    let query = base.firstIndex(of: "?") ?? base.endIndex
    var address = base[..<query]
    while address.hasSuffix("/") { address.removeLast() }
    let method = dialect.path
    if address.hasSuffix(method) { return String(address + base[query...]) }
    let hostStart = address.firstRange(of: "://")?.upperBound ?? address.startIndex
    let isBare = !address[hostStart...].contains("/")
    let needsVersion = isBare || dialect == .messages && !address.hasSuffix("/v1")
    return address + (needsVersion ? "/v1" : "") + method + base[query...]
  }
}

extension Dialect {
  fileprivate var path: String {
    switch self {
    case .chatCompletions: "/chat/completions"
    case .messages: "/messages"
    case .responses: "/responses"
    }
  }
}
