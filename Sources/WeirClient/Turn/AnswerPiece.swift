/// One stretch of an answer's bytes, of one part.
package struct AnswerPiece: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case text
    case reasoning
    case toolArguments
    /// A kind that this client has no name for: its bytes count, and nobody is shown them.
    case unknown
  }

  package var text: String
  /// Where it begins in the answer, in bytes of UTF-8.
  package var offset: UInt64
  package var kind: Kind
  /// The tool call that begins with it.
  package var begins: BegunToolCall?

  package init(_ text: String, at offset: UInt64, _ kind: Kind = .text, begins call: BegunToolCall? = nil) {
    self.text = text
    self.offset = offset
    self.kind = kind
    begins = call
  }

  /// A part of a whole answer; nil for one whose bytes this client cannot count.
  init?(_ part: ChatPart, at offset: UInt64) {
    switch part {
    case .text(let text): self.init(text, at: offset)
    case .reasoning(let text): self.init(text, at: offset, .reasoning)
    case .toolCall(let call):
      self.init(call.arguments, at: offset, .toolArguments, begins: BegunToolCall(id: call.id, name: call.name))
    case .toolResult: self.init("", at: offset)
    case .unknown: return nil
    }
  }

  /// What a reader is told of these bytes of it.
  func event(_ bytes: String) -> TurnEvent? {
    switch kind {
    case .text: .text(bytes)
    case .reasoning: .reasoning(bytes)
    case .toolArguments: .toolArguments(bytes)
    case .unknown: nil
    }
  }
}
