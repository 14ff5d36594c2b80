/// Adds a user message to a conversation (made if there is none) and asks the model to answer it. A message of
/// ToolResult parts brings the results of the tools that the last answer asked for, and asks the model to go on.
public struct SendMessage: WireJSONMessage, Hashable {
  /// Which conversation; empty: the server makes one.
  public var conversationID: String
  /// The sender's id for this message, unique within the user, at most 64 bytes. Sending again with the same id
  /// stores nothing twice and brings the same acknowledgement. Empty: no protection against doubles.
  public var clientMessageID: String
  /// What it says.
  public var parts: [Part]
  /// Refuse if the conversation's revision is another; not set: do not check.
  public var expectedRevision: UInt64?
  /// What to do while another answer runs in the conversation.
  public var onConflict: ConflictPolicy
  /// The acknowledgements wanted; empty: `AckLevel.durable`.
  public var acks: [AckLevel]
  /// The model's name; empty: the server's default.
  public var model: String
  /// The lane wanted, one of `Welcome.lanes`; empty: the best the token allows.
  public var lane: String
  /// Refuse the turn with `ErrorCode.deadlineExceeded` if its answer has not begun after so many milliseconds; 0: the
  /// lane's own time.
  public var deadlineMs: UInt32
  /// The tools the model may call, a JSON array in OpenAI's form; "[]": none. Empty: those of the conversation's last
  /// message that had some.
  public var toolsJSON: String
  /// Never answer from the cache.
  public var noCache: Bool

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    conversationID: String = "", clientMessageID: String = "", parts: [Part] = [], expectedRevision: UInt64? = nil,
    onConflict: ConflictPolicy = .unspecified, acks: [AckLevel] = [], model: String = "",
    lane: String = "", deadlineMs: UInt32 = 0, toolsJSON: String = "", noCache: Bool = false
  ) {
    self.conversationID = conversationID
    self.clientMessageID = clientMessageID
    self.parts = parts
    self.expectedRevision = expectedRevision
    self.onConflict = onConflict
    self.acks = acks
    self.model = model
    self.lane = lane
    self.deadlineMs = deadlineMs
    self.toolsJSON = toolsJSON
    self.noCache = noCache
  }
}

/// How far a sent message has come; sent to the device that sent it.
public struct Ack: WireJSONMessage, Hashable {
  /// The sender's id of the message.
  public var clientMessageID: String
  /// How far.
  public var level: AckLevel
  /// The conversation it went to.
  public var conversationID: String
  /// Its place there; set from `AckLevel.durable` on.
  public var sequence: UInt64
  /// The turn that answers it; set from `AckLevel.durable` on.
  public var turnID: UInt64
  /// The conversation's revision after it; set from `AckLevel.durable` on.
  public var revision: UInt64
  /// True if the same message had been stored before: nothing was added now.
  public var duplicate: Bool

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    clientMessageID: String = "", level: AckLevel = .unspecified, conversationID: String = "", sequence: UInt64 = 0,
    turnID: UInt64 = 0, revision: UInt64 = 0, duplicate: Bool = false
  ) {
    self.clientMessageID = clientMessageID
    self.level = level
    self.conversationID = conversationID
    self.sequence = sequence
    self.turnID = turnID
    self.revision = revision
    self.duplicate = duplicate
  }
}
