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

  package init(_ model: ModelPolicy) {
    self.init(
      contextTokens: model.contextTokens, answerTokens: model.answerTokens, systemPrompt: model.systemPrompt)
  }

  /// `messages` ascend and end with the question. `continuing` is the answer's text so far, if the model is to go on with it.
  package func prompt(for messages: ArraySlice<Message>, continuing: String? = nil) -> [PromptMessage] {
    var left = contextTokens - answerTokens
    if !systemPrompt.isEmpty { left -= TokenEstimate.tokens(ofMessage: systemPrompt) }
    if let continuing { left -= TokenEstimate.tokens(ofMessage: continuing) }
    var chosen: [PromptMessage] = []
    var answered: Set<String> = []
    // By index, so that messages are looked at where they are: copying one retains every string in it.
    for index in messages.indices.reversed() {
      let prompts = Self.prompts(messages[index], answered: &answered)
      let cost = prompts.reduce(0) { $0 + $1.estimatedTokens }
      if prompts.isEmpty { continue }
      if cost > left && !chosen.isEmpty { break }
      left -= cost
      chosen.append(contentsOf: prompts.reversed())
    }
    // Providers want a conversation to begin with the person: an answer whose question was cut off goes too, and so do
    // results of tools that nobody asked for any more.
    while chosen.count > 1, let first = chosen.last, first.role == .assistant || first.role == .tool {
      chosen.removeLast()
    }
    if !systemPrompt.isEmpty { chosen.append(PromptMessage(role: .system, text: systemPrompt)) }
    chosen.reverse()
    if let continuing, !continuing.isEmpty { chosen.append(PromptMessage(role: .assistant, text: continuing)) }
    return chosen
  }

  /// What a message is to a provider. `answered` gathers the calls of tools that have results, from the newest message
  /// back: providers refuse a call without a result.
  private static func prompts(_ message: Message, answered: inout Set<String>) -> [PromptMessage] {
    if message.status == .superseded || message.status == .streaming { return [] }
    if message.role == .tool {
      return message.parts.compactMap { part in
        guard case .toolResult(let result)? = part.part else { return nil }
        answered.insert(result.toolCallID)
        var prompt = PromptMessage(role: .tool, text: result.text)
        prompt.toolCallID = result.toolCallID
        return prompt
      }
    }
    var prompt = PromptMessage(role: message.role, text: message.text)
    if message.role == .assistant, message.parts.count > 1 || message.parts.first?.part?.isText == false {
      prompt.toolCalls = message.toolCalls.filter { answered.contains($0.id) }
      if !prompt.toolCalls.isEmpty {
        prompt.reasoning = message.parts.compactMap { part in
          guard case .reasoning(let reasoning)? = part.part, !reasoning.signature.isEmpty else { return nil }
          return reasoning
        }
      }
    }
    return prompt.text.isEmpty && prompt.toolCalls.isEmpty ? [] : [prompt]
  }
}

extension Part.Kind {
  fileprivate var isText: Bool { if case .text = self { true } else { false } }
}

extension PromptMessage {
  /// A guess at its size.
  package var estimatedTokens: Int {
    var bytes = text.utf8.count
    for call in toolCalls { bytes += call.name.utf8.count + call.arguments.utf8.count + 16 }
    for piece in reasoning { bytes += piece.text.utf8.count }
    return TokenEstimate.tokens(ofMessageBytes: bytes)
  }
}
