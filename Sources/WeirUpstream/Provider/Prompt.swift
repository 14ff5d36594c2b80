internal import WeirCore
internal import WeirWire

/// A call's prompt as every provider takes it, and how the model is made to go on with an answer that was cut.
struct Prompt {
  /// For models that answer the last message and cannot be handed the beginning of their answer.
  private static let goOn =
    "Go on with your last answer exactly where it stops. Repeat nothing and add no introduction."

  /// Calls of tools and their results match.
  var messages: [PromptMessage]
  /// The last message is the beginning of the answer that is asked for.
  let isPrefilled: Bool

  init(_ messages: [PromptMessage], allowsPrefill: Bool) {
    self.messages = ToolPairing.paired(messages)
    let goesOn = self.messages.last?.role == .assistant
    isPrefilled = goesOn && allowsPrefill
    if goesOn, !allowsPrefill { self.messages.append(PromptMessage(role: .user, text: Self.goOn)) }
  }

  /// Where the messages begin that have come since a person last wrote: within them a model goes on with its reasoning.
  var turnStart: Int { (messages.lastIndex { $0.role == .user } ?? -1) + 1 }

  /// The proofs with which the message's reasoning can be sent back, with its text. Older turns' reasoning is of no use.
  func proofs(at index: Int) -> [(text: String, proof: ReasoningProof)] {
    guard index >= turnStart else { return [] }
    return messages[index].reasoning.compactMap { piece in
      ReasoningProof(piece.signature).map { (piece.text, $0) }
    }
  }
}
