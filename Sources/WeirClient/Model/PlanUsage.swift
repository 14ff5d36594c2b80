/// What the user may do, and what is left of it.
public struct PlanUsage: Sendable, Equatable {
  /// The name of the plan whose limits hold; empty: none do.
  public var plan: String
  /// The lane a turn waits in if it asks for none.
  public var lane: String
  /// The plan's limits. What the plan does not limit is left out.
  public var limits: [UsageLimit]
}

/// One limit of the user, and what is left of it.
public struct UsageLimit: Sendable, Equatable {
  /// "turns_per_minute", "turns_at_once", "tokens_per_day" or "tokens_per_month".
  public var name: String
  /// How much there is when it is whole.
  public var limit: UInt64
  /// How much of that is left.
  public var remaining: UInt64
  /// The time until it is whole again; nil: it is, or time does not bring it back.
  public var resetAfter: Duration?
}
