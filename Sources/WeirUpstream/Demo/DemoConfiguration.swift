package import WeirWire

/// How the built-in demo model behaves. The last user message may hold directives that override it for one answer; see
/// `DemoDirectives`.
package struct DemoConfiguration: Sendable, Equatable {
  /// From the request to the first token.
  package var firstTokenDelay: Duration = .milliseconds(200)
  /// Tokens a second; 0: as fast as they are taken.
  package var tokensPerSecond = 50.0
  /// The answer's length, at most `maximumTokens`; nil: as long as it takes to say what the model is and what was asked.
  package var answerTokens: Int?
  /// After so many tokens of a call the answer breaks off, as if the connection had been lost.
  package var failAfterTokens: Int?
  /// After so many tokens of a call the model falls silent until a time limit ends the call; 0: it never begins.
  package var stallAfterTokens: Int?
  /// Every call is refused with this code.
  package var refuseCode: ErrorCode?
  /// How many calls of a hundred the faults above happen to.
  package var faultPercent = 100
  /// Tokens of reasoning before the answer.
  package var reasoningTokens = 0
  /// The tool that is called in place of an answer, until its result is there; nil: none.
  package var toolName: String?
  /// Decides words and faults: the same seed, question and order of calls bring the same answers.
  package var seed: UInt64 = 0

  package static let maximumTokens = 1_000_000

  package init() {}
}
