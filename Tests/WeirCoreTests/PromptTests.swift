import Testing
import WeirCore
import WeirWire

@Suite("Context window") struct PromptTests {
  private func message(_ sequence: UInt64, _ role: Role, _ text: String, _ status: MessageStatus = .complete) -> Message
  {
    Message(sequence: sequence, role: role, parts: [.text(text)], status: status)
  }

  @Test("the newest messages that fit go, oldest first, behind the system prompt") func fits() {
    let builder = PromptBuilder(contextTokens: 100, answerTokens: 20, systemPrompt: "Be kind.")
    let messages = (1...20).map { message(UInt64($0), $0 % 2 == 1 ? .user : .assistant, "message number \($0)") }
    let prompt = builder.prompt(for: messages.dropLast())
    #expect(prompt.first == PromptMessage(role: .system, text: "Be kind."))
    #expect(prompt.last?.text == "message number 19")
    #expect(prompt[1].role == .user)
    let tokens = prompt.reduce(0) { $0 + TokenEstimate.tokens(ofMessage: $1.text) }
    #expect(tokens <= 80 && tokens > 50)
  }

  @Test("a question goes even if it alone is too long") func tooLong() {
    let builder = PromptBuilder(contextTokens: 100, answerTokens: 20, systemPrompt: "")
    let long = String(repeating: "x", count: 1000)
    #expect(
      builder.prompt(for: [message(1, .user, "a"), message(2, .assistant, "b"), message(3, .user, long)]).count == 1)
  }

  @Test("superseded and empty answers are left out") func leftOut() {
    let builder = PromptBuilder(contextTokens: 1000, answerTokens: 20, systemPrompt: "")
    let prompt = builder.prompt(for: [
      message(1, .user, "q"), message(2, .assistant, "old", .superseded), message(3, .assistant, "", .interrupted),
      message(4, .assistant, "new"), message(5, .user, "next"),
    ])
    #expect(prompt.map(\.text) == ["q", "new", "next"])
  }

  @Test("a continuation ends with the answer so far") func continuation() {
    let builder = PromptBuilder(contextTokens: 1000, answerTokens: 20, systemPrompt: "")
    let prompt = builder.prompt(for: [message(1, .user, "q")], continuing: "so far")
    #expect(prompt.last == PromptMessage(role: .assistant, text: "so far"))
  }
}
