/// What a message asks of the turn that answers it, beside its text. The default leaves all of it to the server.
public struct TurnOptions: Sendable, Equatable {
  /// The lane wanted, one of `ServerInfo.lanes`; nil: the best the token allows.
  public var lane: String?
  /// Refuse the turn with `.deadlineExceeded` if its answer has not begun after so long, counted by the server from
  /// when it has the message; nil: the lane's own time.
  public var deadline: Duration?
  /// The tools the model may call: a JSON array in OpenAI's form; "[]": none. nil: those of the conversation's last
  /// message that had some.
  public var tools: String?
  /// Never answer from the server's cache.
  public var skipsCache: Bool

  /// Creates options.
  public init(lane: String? = nil, deadline: Duration? = nil, tools: String? = nil, skipsCache: Bool = false) {
    self.lane = lane
    self.deadline = deadline
    self.tools = tools
    self.skipsCache = skipsCache
  }
}
