/// One limit of a user, and what is left of it.
public struct LimitState: WireJSONMessage, Hashable {
  /// "turns_per_minute", "turns_at_once", "tokens_per_day" or "tokens_per_month".
  public var name: String
  /// How much there is when it is whole.
  public var limit: UInt64
  /// How much of that is left.
  public var remaining: UInt64
  /// Milliseconds until it is whole again; 0: it is, or time does not bring it back.
  public var resetAfterMs: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(name: String = "", limit: UInt64 = 0, remaining: UInt64 = 0, resetAfterMs: UInt64 = 0) {
    self.name = name
    self.limit = limit
    self.remaining = remaining
    self.resetAfterMs = resetAfterMs
  }
}

/// Asks for the user's limits and what is left. The reply is UsageReport.
public struct GetUsage: WireJSONMessage, Hashable {
  /// Creates the message.
  public init() {}
}

/// The reply to GetUsage: how the user stands now.
public struct UsageReport: WireJSONMessage, Hashable {
  /// The name of the plan whose limits hold for the user; empty: none do.
  public var plan: String
  /// The lane a turn waits in if it asks for none.
  public var lane: String
  /// The plan's limits, each with what is left. What the plan does not limit is left out.
  public var limits: [LimitState]

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(plan: String = "", lane: String = "", limits: [LimitState] = []) {
    self.plan = plan
    self.lane = lane
    self.limits = limits
  }
}
