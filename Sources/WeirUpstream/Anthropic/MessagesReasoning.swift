internal import WeirCore
internal import WeirWire

/// Whether a call to Anthropic's Messages asks for reasoning. It cannot where the answer is prefilled or a tool is forced,
/// nor in the middle of a turn whose earlier reasoning is not there to be sent back.
struct MessagesReasoning {
  let isOn: Bool
  /// Tokens for it; 0: the model decides.
  let budget: Int

  init(_ prompt: Prompt, parameters: CallParameters, tools: MessagesTools, endpoint: EndpointConfiguration) {
    let isWanted = endpoint.reasoningTokens != nil || !endpoint.reasoningEffort.isEmpty
    let isWhole = prompt.messages.indices.dropFirst(prompt.turnStart).allSatisfy { index in
      prompt.messages[index].toolCalls.isEmpty || prompt.proofs(at: index).contains { $0.proof.isAnthropic }
    }
    isOn = isWanted && isWhole && !prompt.isPrefilled && !tools.isForced
    budget = isOn ? endpoint.reasoningTokens ?? 0 : 0
  }

  func write(_ body: inout JSONWriter) {
    guard isOn else { return }
    body.key("thinking")
    body.object { thinking in
      thinking.key("type")
      thinking.value(budget > 0 ? "enabled" : "adaptive")
      if budget > 0 {
        thinking.key("budget_tokens")
        thinking.value(budget)
      }
    }
  }
}

extension ReasoningProof {
  fileprivate var isAnthropic: Bool {
    switch self {
    case .thinking, .redacted: true
    case .encrypted: false
    }
  }
}
