package import WeirWire

/// Chooses what of a conversation a provider gets to see: the system prompt and as many of the newest messages as fit
/// the model's context, without superseded answers. The question itself always goes, even if it alone is too long:
/// then the provider's own refusal says so, which is more than silence would.
package struct PromptBuilder: Sendable {
  package var contextTokens: Int
  package var answerTokens: Int
  package var systemPrompt: String

  package init(contextTokens: Int, answerTokens: Int, systemPrompt: String) {
    self.contextTokens = contextTokens
    self.answerTokens = answerTokens
    self.systemPrompt = systemPrompt
  }

  /// `messages` ascend and end with the question. `continuing` is the answer's text so far, if the model is to go on with it.
  package func prompt(for messages: ArraySlice<Message>, continuing: String? = nil) -> [PromptMessage] {
    var left = contextTokens - answerTokens
    if !systemPrompt.isEmpty { left -= TokenEstimate.tokens(ofMessage: systemPrompt) }
    if let continuing { left -= TokenEstimate.tokens(ofMessage: continuing) }
    var chosen: [PromptMessage] = []
    // By index, so that messages are looked at where they are: copying one retains every string in it.
    for index in messages.indices.reversed() {
      guard let prompt = Self.prompt(messages[index]) else { continue }
      let cost = TokenEstimate.tokens(ofMessage: prompt.text)
      if cost > left && !chosen.isEmpty { break }
      left -= cost
      chosen.append(prompt)
    }
    // Providers want a conversation to begin with the person: an answer whose question was cut off goes too.
    while chosen.count > 1, chosen.last?.role == .assistant { chosen.removeLast() }
    if !systemPrompt.isEmpty { chosen.append(PromptMessage(role: .system, text: systemPrompt)) }
    chosen.reverse()
    if let continuing, !continuing.isEmpty { chosen.append(PromptMessage(role: .assistant, text: continuing)) }
    return chosen
  }

  private static func prompt(_ message: Message) -> PromptMessage? {
    if message.status == .superseded || message.status == .streaming { return nil }
    let text = message.text
    return text.isEmpty ? nil : PromptMessage(role: message.role, text: text)
  }
}
