/// What the operator allows and whom: models, lanes and plans. Changed at run time as a whole, so that no turn ever sees
/// half of a change.
package struct Policy: Sendable, Equatable {
  /// The models that can be asked for; the first is the default. Never empty.
  package var models: [ModelPolicy]
  /// The lanes, best first. Never empty.
  package var lanes: [LanePolicy]
  /// The plans; the first is that of users whose token names none. Never empty.
  package var plans: [Plan]
  package var cache = CachePolicy()

  package init(
    models: [ModelPolicy] = [ModelPolicy(name: "demo")], lanes: [LanePolicy] = LanePolicy.standard,
    plans: [Plan] = [Plan(name: "default")]
  ) {
    precondition(!models.isEmpty && !lanes.isEmpty && !plans.isEmpty, "a policy names a model, a lane and a plan")
    self.models = models
    self.lanes = lanes
    self.plans = plans
  }

  /// The model by its name; the empty name is the first.
  package func model(_ name: String) -> ModelPolicy? {
    name.isEmpty ? models.first : models.first { $0.name == name }
  }

  /// The plan by its name, else the first.
  package func plan(_ name: String) -> Plan { plans.first { $0.name == name } ?? plans[0] }

  /// The lane's place among the lanes; nil: there is none of that name.
  package func lane(_ name: String) -> Int? { lanes.firstIndex { $0.name == name } }

  /// The lane's name; empty: there is no such lane any more.
  func laneName(_ place: Int) -> String { lanes.indices.contains(place) ? lanes[place].name : "" }

  /// The best lane that a user with this access may wait in: what the token says, else what the plan says, else
  /// "interactive", else the best there is.
  package func bestLane(_ access: Access) -> Int {
    for name in [access.lane, plan(access.plan).lane, "interactive"] {
      if let place = lane(name) { return place }
    }
    return 0
  }

  var largestContextTokens: Int { models.reduce(0) { max($0, $1.contextTokens) } }

  /// The models that a user with this access may use.
  package func models(_ access: Access) -> [String] {
    let allowed = plan(access.plan).models
    let names = models.map(\.name)
    return allowed.isEmpty ? names : names.filter(allowed.contains)
  }
}

/// A lane as turns see it. What share of the providers it gets is the dispatcher's to know.
package struct LanePolicy: Sendable, Equatable {
  package var name: String
  /// A turn that has not started after so long is refused; nil: it waits as long as it takes.
  package var maximumWait: Interval?
  /// A turn that waits while no device listens leaves the queue after so long; nil: it stays.
  package var unheardWait: Interval?
  /// Whether another endpoint goes on, visibly, with an answer that broke off.
  package var resumesElsewhere = false

  package init(name: String, maximumWait: Interval? = .seconds(600), unheardWait: Interval? = .seconds(120)) {
    self.name = name
    self.maximumWait = maximumWait
    self.unheardWait = unheardWait
  }

  /// Paying people, everybody else, and work that nobody waits for.
  package static let standard = [
    LanePolicy(name: "interactive-premium"), LanePolicy(name: "interactive"),
    LanePolicy(name: "batch", maximumWait: .seconds(24 * 3600), unheardWait: nil),
  ]
}

/// A model as turns see it. Who answers for it is the dispatcher's to know.
package struct ModelPolicy: Sendable, Equatable {
  /// As users name it.
  package var name: String
  /// The model's context in tokens, shared by prompt and answer.
  package var contextTokens = 8192
  /// Of the context, what is kept free for the answer; also what a turn's answer is expected to cost at most.
  package var answerTokens = 1024
  /// Instructions put before every conversation; empty: none.
  package var systemPrompt = ""
  /// Names the instructions, so that usage and quality can be told apart by them.
  package var promptVersion = ""
  /// Sent with every call.
  package var parameters = CallParameters()
  package var price = Price()

  package init(name: String) {
    self.name = name
  }
}

/// What tokens cost, in millionths of a millionth of a currency each: 2.50 dollars a million tokens is 2,500,000.
package struct Price: Sendable, Equatable {
  package var inputToken: UInt64 = 0
  package var cachedInputToken: UInt64 = 0
  package var outputToken: UInt64 = 0

  package init() {}
}

/// What a user may use.
package struct Plan: Sendable, Equatable {
  package var name: String
  /// The best lane its users may use, which is also the one they get unless they ask for a lower one; empty:
  /// "interactive" if there is such a lane, else the best there is.
  package var lane = ""
  /// Turns in a minute; nil: any number.
  package var turnsPerMinute: Int?
  /// Turns that may come at once; nil: as many as come in a minute.
  package var turnBurst: Int?
  /// Turns that wait or run at the same time; nil: any number.
  package var turnsAtOnce: Int?
  /// Tokens a day (UTC), prompts and answers together; nil: any number.
  package var tokensPerDay: UInt64?
  /// Tokens a month (UTC); nil: any number.
  package var tokensPerMonth: UInt64?
  /// The models it may use; empty: all.
  package var models: [String] = []

  package init(name: String) {
    self.name = name
  }
}

/// Which answers may be kept for equal calls.
package struct CachePolicy: Sendable, Equatable {
  package var isOn = false
  /// How long an answer is used.
  package var lifetime = Interval.seconds(3600)
  /// A longer answer is not kept.
  package var maximumAnswerBytes = 256 * 1024
  /// Whether answers to calls that are not at temperature 0, and so would differ each time, are kept too.
  package var includesCreative = false

  package init() {}
}

/// What a device's token says of its user.
package struct Access: Sendable, Equatable {
  /// The plan's name; empty: the token names none.
  package var plan = ""
  /// The best lane the token allows, in place of the plan's; empty: the plan's.
  package var lane = ""
  /// The customer of the application that the user belongs to; empty: there is one only.
  package var tenant = ""

  package init() {}
}
