internal import WeirCore
internal import WeirWire

/// What the demo model has to say, token by token: reasoning if it was told to, then its answer or a call of a tool.
struct DemoScript: Sendable {
  /// Told apart by the part that they belong to.
  enum Step: Sendable, Equatable {
    /// A part begins; no token.
    case part(PartMark)
    /// A token was added.
    case token
    case end(FinishReason)
  }

  private enum Stage { case reasoning, answer, arguments }

  private static let longestToken = 8

  private var stage: Stage
  private var isMarked = false
  private var reasoning: DemoText
  private var answer: DemoText
  private var arguments: ArraySlice<UInt8>
  private let toolCall: PartMark?

  /// `callID` makes the ids of tool calls differ.
  init(question: String, result: String?, sofar: String, configuration: DemoConfiguration, callID: CallID) {
    let hasReasoning = configuration.reasoningTokens > 0 && sofar.isEmpty
    stage = hasReasoning ? .reasoning : .answer
    reasoning = DemoText(
      wordsOnly: question, tokens: configuration.reasoningTokens, seed: configuration.seed &+ 1)
    answer = DemoText(
      question: question, result: result, sofar: sofar, tokens: configuration.answerTokens, seed: configuration.seed)
    // A tool is asked for once: its result is answered.
    if let name = configuration.toolName, result == nil, sofar.isEmpty {
      toolCall = PartMark(kind: .toolCall, toolCallID: "demo_\(callID)", toolName: name)
      var writer = JSONWriter()
      writer.object { object in
        object.key("question")
        object.value(question.split(whereSeparator: \.isWhitespace).joined(separator: " "))
      }
      arguments = writer.bytes[...]
      if !hasReasoning { stage = .arguments }
    } else {
      toolCall = nil
      arguments = []
    }
  }

  /// Adds the next token to `text`, or says that a part begins or that the answer has ended.
  mutating func next(_ text: inout [UInt8]) -> Step {
    switch stage {
    case .reasoning:
      if !isMarked { return mark(PartMark(kind: .reasoning)) }
      if reasoning.next(&text) { return .token }
      stage = toolCall == nil ? .answer : .arguments
      isMarked = false
      return toolCall == nil ? .part(PartMark(kind: .text)) : next(&text)
    case .answer:
      return answer.next(&text) ? .token : .end(.complete)
    case .arguments:
      if !isMarked, let toolCall { return mark(toolCall) }
      if arguments.isEmpty { return .end(.toolCalls) }
      let bytes = Array(arguments)
      let end = UTF8Cut.end(in: bytes, from: 0, limit: Self.longestToken)
      text += bytes[..<end]
      arguments = arguments.dropFirst(end)
      return .token
    }
  }

  private mutating func mark(_ mark: PartMark) -> Step {
    isMarked = true
    return .part(mark)
  }
}
