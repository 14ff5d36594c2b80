/// Where chat completions are asked for.
enum ChatURL {
  private static let path = "/chat/completions"

  /// The address for a base URL as people write it: `http://host:port/v1`, with or without a slash behind it, the whole
  /// `…/v1/chat/completions`, or a bare `http://host:port`, which means `/v1`. A query stays behind the path.
  static func completions(base: String) -> String {
    let query = base.firstIndex(of: "?") ?? base.endIndex
    var address = base[..<query]
    while address.hasSuffix("/") { address.removeLast() }
    if address.hasSuffix(path) { return String(address + base[query...]) }
    let hostStart = address.firstRange(of: "://")?.upperBound ?? address.startIndex
    let version = address[hostStart...].contains("/") ? "" : "/v1"
    return address + version + path + base[query...]
  }
}
