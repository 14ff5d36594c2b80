/// A guess at a text's size in tokens, on the high side, so that a prompt that fits by it fits the provider. English has
/// about four bytes a token in today's vocabularies and most other scripts two to three, so: three bytes a token,
/// plus what each message's frame costs.
package enum TokenEstimate {
  private static let bytesPerToken = 3
  private static let tokensPerMessage = 4

  package static func tokens(ofBytes bytes: Int) -> Int {
    (bytes + bytesPerToken - 1) / bytesPerToken
  }

  package static func tokens(ofMessage text: String) -> Int {
    tokens(ofMessageBytes: text.utf8.count)
  }

  package static func tokens(ofMessageBytes bytes: Int) -> Int {
    tokens(ofBytes: bytes) + tokensPerMessage
  }

  /// The most text, in bytes, that could fit `tokens`.
  package static func bytes(forTokens tokens: Int) -> Int {
    tokens * bytesPerToken
  }
}
