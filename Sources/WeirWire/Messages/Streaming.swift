/// Wants an answer's text from `offset` on. The reply is Subscribed, then Deltas or the finished message.
public struct SubscribeTurn: WireJSONMessage, Hashable {
  /// Which turn.
  public var turnID: UInt64
  /// The first byte (of UTF-8) the device does not have.
  public var offset: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(turnID: UInt64 = 0, offset: UInt64 = 0) {
    self.turnID = turnID
    self.offset = offset
  }
}

/// The reply to SubscribeTurn.
public struct Subscribed: WireJSONMessage, Hashable {
  /// Where the turn stands; `TurnState.unknown` if there is no such turn.
  public var status: TurnStatus?
  /// From which byte on text will be sent. Lower than asked if the device claimed more than there is.
  public var offset: UInt64
  /// Set when the running log is gone: the finished message, whole, instead of Deltas.
  public var message: Message?

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(status: TurnStatus? = nil, offset: UInt64 = 0, message: Message? = nil) {
    self.status = status
    self.offset = offset
    self.message = message
  }
}

/// Wants no more of an answer's text; the answer goes on.
public struct UnsubscribeTurn: WireJSONMessage, Hashable {
  /// Which turn.
  public var turnID: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(turnID: UInt64 = 0) {
    self.turnID = turnID
  }
}

/// Some text of an answer: bytes [offset, offset + length of text) of it. A device has the whole answer when the
/// texts it was sent join without a gap up to `TurnFinished.length`.
///
/// An answer of several parts is one run of bytes: the texts, the reasoning and the arguments of tool calls, in order.
/// A Delta never crosses the border of two parts.
public struct Delta: WireJSONMessage, Hashable {
  /// The turn.
  public var turnID: UInt64
  /// Where the text begins in the answer, in bytes of UTF-8.
  public var offset: UInt64
  /// The text; never cut inside a character.
  public var text: String
  /// What the text is.
  public var kind: PartKind
  /// The call whose arguments begin with this text. Set, as `toolName` is, only on the Delta that begins a tool call;
  /// its text may be empty.
  public var toolCallID: String
  /// The tool that is called.
  public var toolName: String

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    turnID: UInt64 = 0, offset: UInt64 = 0, text: String = "", kind: PartKind = .unspecified, toolCallID: String = "",
    toolName: String = ""
  ) {
    self.turnID = turnID
    self.offset = offset
    self.text = text
    self.kind = kind
    self.toolCallID = toolCallID
    self.toolName = toolName
  }
}
