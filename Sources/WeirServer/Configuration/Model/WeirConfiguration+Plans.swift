extension WeirConfiguration {
  /// A class of the queue for the providers.
  public struct Lane: NamedEntry {
    /// As plans, tokens and users name it.
    public let name: String
    /// Whether it exists.
    public var isEnabled = true
    /// The lane of the lowest number is the best. Needed unless the lane is a standard one.
    public var rank: Int?
    /// Its share of the work, in tokens, against the other lanes that have turns waiting.
    public var weight = 1
    /// The most of a model's places at the providers that it may hold at the same time.
    public var maximumShare = Percent(100)
    /// The most of the waiting room that its turns may fill.
    public var maximumWaitingShare = Percent(100)
    /// Whether it only gets what nobody else wants.
    public var isIdleOnly = false
    /// A turn that has not started after so long is refused; nil: it waits as long as it takes.
    public var maximumWait: Duration? = .seconds(600)
    /// A turn that waits while no device listens leaves the queue after so long; nil: it stays.
    public var unheardWait: Duration? = .seconds(120)
    /// Whether another endpoint goes on, visibly, with an answer that broke off.
    public var resumesElsewhere = false

    /// The standard lane of that name, else a lane with the defaults.
    public init(name: String) {
      self.name = name
      switch name {
      case "interactive-premium": (rank, weight) = (100, 8)
      case "interactive": (rank, weight) = (200, 1)
      case "batch":
        (rank, weight, isIdleOnly) = (300, 1, true)
        (maximumShare, maximumWaitingShare) = (Percent(50), Percent(50))
        maximumWait = .seconds(24 * 3600)
        unheardWait = nil
      default: break
      }
    }

    /// Paying people, everybody else, and work that nobody waits for.
    public static let standard = ["interactive-premium", "interactive", "batch"].map(Lane.init(name:))
  }

  /// What a user may use.
  public struct Plan: NamedEntry {
    /// As tokens name it.
    public let name: String
    /// The best lane its users may use; empty: the best that is not premium.
    public var lane = ""
    /// nil, here and below: any number.
    public var turnsPerMinute: Int?
    /// Turns that may come at once; nil: as many as come in a minute.
    public var turnBurst: Int?
    /// Turns that wait or run at the same time.
    public var turnsAtOnce: Int?
    /// Prompts and answers of a day (UTC).
    public var tokensPerDay: Int?
    /// Prompts and answers of a month (UTC).
    public var tokensPerMonth: Int?
    /// The models it may use; empty: all.
    public var models: [String] = []
    /// A conversation that has not changed for so long is deleted; nil: it is kept for ever.
    public var keepConversations: Duration?

    /// A plan without limits.
    public init(name: String) {
      self.name = name
    }
  }

  /// The lanes that exist, the best first.
  public var effectiveLanes: [Lane] {
    lanes.filter(\.isEnabled).sorted { ($0.rank ?? .max, $0.name) < ($1.rank ?? .max, $1.name) }
  }

  /// The plans, the one for tokens that name none first. Never empty.
  public var effectivePlans: [Plan] {
    if plans.isEmpty { return [Plan(name: "default")] }
    let first = auth.defaultPlan.isEmpty ? "default" : auth.defaultPlan
    guard let index = plans.firstIndex(where: { $0.name == first }) else { return plans }
    var sorted = plans
    sorted.insert(sorted.remove(at: index), at: 0)
    return sorted
  }
}

/// A part of a whole, from 0 to 100.
public struct Percent: Sendable, Hashable, Comparable {
  /// Hundredths.
  public let value: Int

  /// So many hundredths; beyond 0 and 100 the nearer of both.
  public init(_ value: Int) {
    self.value = min(max(value, 0), 100)
  }

  /// By size.
  public static func < (left: Percent, right: Percent) -> Bool { left.value < right.value }
}

extension Percent: SettingValue {
  init?(settingText: String) {
    let digits = settingText.hasSuffix("%") ? String(settingText.dropLast()) : settingText
    guard let value = Int(digits), (0...100).contains(value) else { return nil }
    self.init(value)
  }

  var settingText: String { "\(value)%" }
  static var expectation: String { "a percentage, such as 50%" }
}
