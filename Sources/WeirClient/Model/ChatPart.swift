/// One piece of a message's content.
public enum ChatPart: Sendable, Equatable {
  /// Plain text (Markdown by custom).
  case text(String)
  /// What the model thought before it spoke; answers only.
  case reasoning(String)
  /// A tool that the model asks for; answers only.
  case toolCall(ChatToolCall)
  /// What a tool gave; messages to the model only.
  case toolResult(ChatToolResult)
  /// A piece that this client has no name for.
  case unknown

  /// What the part adds to an answer's length, in bytes of UTF-8; nil where this client cannot know.
  var answerBytes: Int? {
    switch self {
    case .text(let text), .reasoning(let text): text.utf8.count
    case .toolCall(let call): call.arguments.utf8.count
    case .toolResult: 0
    case .unknown: nil
    }
  }
}

/// A tool that the model asks for, whole.
public struct ChatToolCall: Sendable, Equatable {
  /// Names the call in its result.
  public var id: String
  /// The tool's name.
  public var name: String
  /// JSON as the model wrote it: it may be invalid, or not fit the tool.
  public var arguments: String

  /// Creates a call.
  public init(id: String, name: String, arguments: String) {
    self.id = id
    self.name = name
    self.arguments = arguments
  }
}

/// What a tool gave, for the model to read.
public struct ChatToolResult: Sendable, Equatable {
  /// The `id` of the call that this answers.
  public var callID: String
  /// The result, or what went wrong.
  public var text: String
  /// Whether the tool could not do it.
  public var isFailure: Bool

  /// Creates a result.
  public init(callID: String, text: String, isFailure: Bool = false) {
    self.callID = callID
    self.text = text
    self.isFailure = isFailure
  }
}

extension [ChatPart] {
  /// The text parts, joined.
  var joinedText: String {
    if count == 1, case .text(let only) = self[0] { return only }
    return reduce(into: "") { whole, part in
      if case .text(let text) = part { whole += text }
    }
  }
}
