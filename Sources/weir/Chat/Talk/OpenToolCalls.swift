import WeirClient

extension ChatMessage {
  /// The tools that this answer asks for, if it is the last message of its conversation.
  var openToolCalls: [ChatToolCall] {
    if role != .assistant { return [] }
    return parts.compactMap { if case .toolCall(let call) = $0 { call } else { nil } }
  }
}

/// The tools that the last answer of a conversation asks for, answered one by one: the model wants all the results in
/// one message.
struct OpenToolCalls: Equatable {
  enum Step: Equatable {
    /// No call waits for a result here.
    case noneOpen
    /// Taken; this call is the next.
    case next(ChatToolCall)
    /// That was the last one.
    case complete([ChatToolResult])
  }

  private var open: ArraySlice<ChatToolCall>
  private let conversationID: String
  private var results: [ChatToolResult] = []

  init(_ calls: [ChatToolCall] = [], in conversationID: String = "") {
    open = calls[...]
    self.conversationID = conversationID
  }

  /// Takes the result of the first open call.
  mutating func answer(_ text: String, in conversationID: String) -> Step {
    guard conversationID == self.conversationID, let call = open.popFirst() else { return .noneOpen }
    results.append(ChatToolResult(callID: call.id, text: text))
    if let next = open.first { return .next(next) }
    defer { results = [] }
    return .complete(results)
  }
}
