/// One piece of a message's content.
public struct Part: WireJSONMessage, Hashable {
  /// What kind of piece it is.
  public enum Kind: Hashable, Sendable {
    /// Plain text, UTF-8 (Markdown by custom).
    case text(String)
    /// What the model thought before it spoke; answers only.
    case reasoning(Reasoning)
    /// A tool that the model asks for; answers only.
    case toolCall(ToolCall)
    /// What a tool gave; messages with `Role.tool` only.
    case toolResult(ToolResult)
  }

  /// What kind of piece it is; nil: nothing, or nothing that this code knows.
  public var part: Kind?

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(part: Kind? = nil) {
    self.part = part
  }

  /// A piece of plain text.
  public static func text(_ text: String) -> Part { Part(part: .text(text)) }
}

/// What the model thought before it spoke. To be shown, if at all, as something other than the answer.
public struct Reasoning: WireJSONMessage, Hashable {
  /// The thoughts, or the provider's summary of them, UTF-8.
  public var text: String
  /// The provider's proof that the thoughts are its own: opaque, and of no use to a device. Often empty.
  public var signature: String

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(text: String = "", signature: String = "") {
    self.text = text
    self.signature = signature
  }
}

/// A tool that the model asks for. Its result goes back in a SendMessage.
public struct ToolCall: WireJSONMessage, Hashable {
  /// The call's id, chosen by the provider; unique within the answer.
  public var id: String
  /// The tool's name, one of those offered.
  public var name: String
  /// JSON, as the model wrote it: it may be invalid or not fit the tool's schema.
  public var arguments: String

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(id: String = "", name: String = "", arguments: String = "") {
    self.id = id
    self.name = name
    self.arguments = arguments
  }
}

/// What a tool gave.
public struct ToolResult: WireJSONMessage, Hashable {
  /// The `id` of the call it answers.
  public var toolCallID: String
  /// The result, or what went wrong, for the model to read.
  public var text: String
  /// True if the tool could not do it.
  public var failed: Bool

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(toolCallID: String = "", text: String = "", failed: Bool = false) {
    self.toolCallID = toolCallID
    self.text = text
    self.failed = failed
  }
}
