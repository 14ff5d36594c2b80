/// The API that a provider speaks.
package enum Dialect: Sendable, Hashable {
  /// OpenAI's chat completions, and those of the many servers that are compatible with them.
  case chatCompletions
  /// Anthropic's Messages.
  case messages
  /// OpenAI's Responses.
  case responses
}
