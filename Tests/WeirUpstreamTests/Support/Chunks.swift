@testable import WeirUpstream

/// The chunks that providers send, as data of events and as a stream.
enum Chunks {
  static let role =
    #"{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#
  static let stop = #"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}"#
  static let usage =
    #"{"id":"c","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"prompt_tokens_details":{"cached_tokens":2}}}"#

  /// A delta; `text` is written as it stands, so it may hold escapes.
  static func delta(_ text: String) -> String {
    #"{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":""# + text
      + #""},"logprobs":null,"finish_reason":null}],"usage":null}"#
  }

  static func event(_ data: String) -> String { "data: \(data)\n\n" }

  /// A whole answer in the given pieces.
  static func stream(_ pieces: [String]) -> String {
    ([role] + pieces.map(delta) + [stop, usage, "[DONE]"]).map(event).joined()
  }
}

extension ProviderLimits {
  /// What a provider says that wants to be asked again after so long; 0: it says nothing.
  static func retry(_ milliseconds: Int) -> ProviderLimits {
    var limits = ProviderLimits()
    if milliseconds > 0 { limits.retryAfterMs = milliseconds }
    return limits
  }
}
