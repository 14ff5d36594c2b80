import WeirWire

/// What a turn is let in with.
struct Ticket {
  var model: String
  var lane: Int
  var laneName: String
  /// What it may cost at most, as far as can be told; held until it has ended.
  var reservedTokens: UInt64
  /// It must have begun by then, on the wall clock; 0: at any time.
  var startByMs: UInt64
}

/// What a turn asks to be let in with.
struct Wish {
  /// Empty: the default.
  var model = ""
  /// Empty: the best that the token allows.
  var lane = ""
  /// Milliseconds; 0: the lane's own limit.
  var deadlineMs: UInt64 = 0
  /// The prompt's size, as far as is known, in bytes.
  var promptBytes = 0
  var promptMessages = 0
  /// The most tokens the answer may have; nil: what the model is configured for.
  var answerTokens: Int?
}

// Whether a turn may be: the model, the lane and the limits of the user's plan.
extension ShardCore {
  /// Lets a turn in, or says why not. What is let in must end in `settle` or `giveBack`.
  func admit(_ wish: Wish, _ access: Access, _ session: Session) throws(WeirError) -> Ticket {
    let plan = policy.plan(access.plan)
    let allowed = policy.models(access)
    let name = wish.model.isEmpty ? allowed.first ?? policy.models[0].name : wish.model
    guard let model = policy.model(name) else { throw Refusal.unknownModel(name, known: allowed) }
    guard allowed.contains(name) else { throw Refusal.modelNotAllowed(name, allowed: allowed) }
    let lane = try chooseLane(wish.lane, access)
    let wanted = wish.answerTokens ?? model.parameters.maximumTokens ?? model.answerTokens
    let answer = min(wanted, max(model.contextTokens, model.answerTokens))
    let prompt =
      TokenEstimate.tokens(ofBytes: wish.promptBytes + model.systemPrompt.utf8.count)
      + (wish.promptMessages + 1) * TokenEstimate.tokens(ofMessageBytes: 0)
    let tokens = UInt64(min(prompt, max(0, model.contextTokens - answer)) + answer)
    let now = effects.wallClockMs
    if let refusal = session.limits.admit(tokens: tokens, plan: plan, nowMs: now) {
      metrics.limitRefusals[LimitName(refusal)].add()
      throw refusal
    }
    let most = policy.lanes[lane].maximumWait.map { $0.nanoseconds / 1_000_000 }
    let wait = wish.deadlineMs == 0 ? most : min(wish.deadlineMs, most ?? .max)
    return Ticket(
      model: name, lane: lane, laneName: policy.lanes[lane].name, reservedTokens: tokens,
      startByMs: wait.map { now + $0 } ?? 0)
  }

  /// The lane asked for, if the token allows it: that lane or a better one must be its own.
  private func chooseLane(_ name: String, _ access: Access) throws(WeirError) -> Int {
    let best = policy.bestLane(access)
    if name.isEmpty { return best }
    let allowed = policy.lanes[best...].map(\.name)
    guard let lane = policy.lane(name) else { throw Refusal.unknownLane(name, known: allowed) }
    guard lane >= best else { throw Refusal.laneNotAllowed(name, allowed: allowed) }
    return lane
  }

  /// The turn that was let in did not come to be.
  func giveBack(_ ticket: Ticket, _ access: Access, _ session: Session) {
    session.limits.giveBack(tokens: ticket.reservedTokens, plan: policy.plan(access.plan))
  }

  func reportUsage(_ session: Session, _ reply: Reply) {
    let plan = policy.plan(reply.access.plan)
    let report = UsageReport(
      plan: plan.name, lane: policy.lanes[policy.bestLane(reply.access)].name,
      limits: session.limits.states(plan: plan, nowMs: effects.wallClockMs))
    self.reply(.usageReport(report), to: reply)
  }
}

extension TurnRecord {
  /// Notes what the turn was let in with.
  mutating func take(_ ticket: Ticket) {
    model = ticket.model
    lane = ticket.laneName
    reservedTokens = ticket.reservedTokens
    startByMs = ticket.startByMs
  }
}
