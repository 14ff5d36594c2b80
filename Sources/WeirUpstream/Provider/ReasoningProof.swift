/// A provider's proof of a piece of reasoning, as it is kept with a message. It names the API that it is for, since a
/// proof that is sent to another provider fails the call.
enum ReasoningProof: Sendable, Equatable {
  /// Anthropic's `signature` of a thinking block.
  case thinking(String)
  /// Anthropic's `data` of a redacted thinking block.
  case redacted(String)
  /// The `id` and `encrypted_content` of a reasoning item of OpenAI's Responses.
  case encrypted(id: String, content: String)

  /// The proof as it is kept.
  var text: String {
    switch self {
    case .thinking(let signature): "thinking:" + signature
    case .redacted(let data): "redacted:" + data
    case .encrypted(let id, let content): "encrypted:" + id + ":" + content
    }
  }

  /// Reads what `text` wrote; nil: it is none of these.
  init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else { return nil }
    switch parts[0] {
    case "thinking": self = .thinking(parts[1])
    case "redacted": self = .redacted(parts[1])
    case "encrypted":
      guard let colon = parts[1].firstIndex(of: ":") else { return nil }
      self = .encrypted(id: String(parts[1][..<colon]), content: String(parts[1][parts[1].index(after: colon)...]))
    default: return nil
    }
  }
}
