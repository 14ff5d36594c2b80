import WeirClient

// What is said to a person about a turn.

extension WeirClientError {
  /// What went wrong, which limit it was and what is left of it, and when to come back.
  var sentences: String {
    var text = message
    if let limit { text += " (\(limit.sentence).)" }
    // A limit that says when it is whole may let the next turn through earlier: that is what `retryAfter` says.
    if let retryAfter {
      let again = " Try again"
      if text.hasSuffix(again + ".") { text.removeLast(again.count + 1) }
      text += "\(again) in \(retryAfter.forPeople)."
    }
    return text
  }

  /// The same with what to do about it in this program: which flag, which command.
  var advice: String {
    if code == .unauthenticated {
      return "\(sentences) (--token-file FILE or WEIR_TOKEN gives a token, `weir token` makes one for the operator.)"
    }
    if message.contains(FailureReason.untrusted) {
      return "\(sentences) (--ca FILE trusts it, --insecure checks none.)"
    }
    if message.contains(FailureReason.nobodyListens) {
      return "\(sentences) (`weir serve` starts one; another address goes behind `weir chat`.)"
    }
    return sentences
  }
}

extension UsageLimit {
  /// "turns_per_minute" as a person says it.
  var title: String { String(name.map { $0 == "_" ? " " : $0 }) }

  /// "turns per minute: 3 of 20 left, whole again in 42 s"
  var sentence: String {
    let whole = resetAfter.map { ", whole again in \($0.forPeople)" } ?? ""
    return "\(title): \(remaining) of \(limit) left\(whole)"
  }
}

extension QueuedTurn {
  /// Where the turn stands, why, and how long it may take.
  var sentence: String {
    let place = position == 0 ? "yours is next" : "\(position) before yours"
    let time = estimate.map { ", about \($0.forPeople)" } ?? ""
    let why = reason.words.map { " (\($0))" } ?? ""
    return "Waiting: \(place)\(time)\(why)."
  }
}

extension QueuedTurn.Reason {
  var words: String? {
    switch self {
    case .capacity: "all places at the provider are taken"
    case .rateLimit: "the provider's rate limit"
    case .providerDown: "the provider fails and is being probed"
    case .retry: "a first attempt failed"
    case .conversation: "behind another answer of this conversation"
    case .userLimit: "you have as many answers running as you may"
    case .unknown: nil
    }
  }
}

extension ChangedEndpoint {
  var sentence: String {
    let who = from.isEmpty ? "The provider" : from
    let why = reason.map { ": \($0.message)" } ?? "."
    return "(\(who) broke off\(why) \(to.isEmpty ? "Another one" : to) goes on.)"
  }
}

extension PlanUsage {
  /// One line for the plan, one for each limit.
  var lines: [String] {
    let lane = lane.isEmpty ? "" : ", lane \(lane)"
    let head = plan.isEmpty ? "No plan limits you\(lane)." : "Plan \(plan)\(lane)."
    return [head] + limits.map { "  \($0.sentence)" }
  }
}

extension ChatMessage {
  /// The message as it stands in a history at a terminal. Reasoning is left out.
  var summary: String {
    let said = parts.compactMap { part -> String? in
      switch part {
      case .text(let text): text
      case .toolCall(let call): "[calls \(call.name)] \(call.arguments)"
      case .toolResult(let result): "[\(result.isFailure ? "failed" : "result")] \(result.text)"
      case .reasoning, .unknown: nil
      }
    }.joined(separator: "\n")
    if role == .user || role == .tool { return "> \(said)" }
    return status == .complete ? said : said + " (\(status.rawValue))"
  }
}
