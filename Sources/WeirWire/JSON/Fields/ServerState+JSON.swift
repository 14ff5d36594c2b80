extension WatchServer {
  static let json = JSONFields<WatchServer>(
    .field("intervalMs", \.intervalMs))
}

extension ServerState {
  static let json = JSONFields<ServerState>(
    .field("timeMs", \.timeMs),
    .field("version", \.version),
    .field("uptimeMs", \.uptimeMs),
    .field("fault", \.fault),
    .field("connections", \.connections),
    .field("users", \.users),
    .field("turnsWaiting", \.turnsWaiting),
    .field("turnsRunning", \.turnsRunning),
    .field("turnsFinished", \.turnsFinished),
    .field("turnsFailed", \.turnsFailed),
    .field("answerPieces", \.answerPieces),
    .field("answerBytes", \.answerBytes),
    .optional("firstToken", \.firstToken),
    .optional("commits", \.commits),
    .field("committedEntries", \.committedEntries),
    .optional("memory", \.memory),
    .field("retryBudgetLeft", \.retryBudgetLeft),
    .repeated("lanes", \.lanes),
    .repeated("endpoints", \.endpoints),
    .repeated("attempts", \.attempts),
    .repeated("plans", \.plans),
    .repeated("slowestTurns", \.slowestTurns),
    .repeated("changes", \.changes))
}

extension Durations {
  static let json = JSONFields<Durations>(
    .repeated("buckets", \.buckets),
    .field("sumUs", \.sumUs))
}

extension DurationBucket {
  static let json = JSONFields<DurationBucket>(
    .field("atMostUs", \.atMostUs),
    .field("count", \.count))
}

extension MemoryState {
  static let json = JSONFields<MemoryState>(
    .field("residentBytes", \.residentBytes),
    .field("accountedBytes", \.accountedBytes),
    .field("limitBytes", \.limitBytes))
}

extension LaneState {
  static let json = JSONFields<LaneState>(
    .field("name", \.name),
    .field("waiting", \.waiting),
    .field("running", \.running),
    .field("oldestWaitMs", \.oldestWaitMs))
}

extension EndpointState {
  static let json = JSONFields<EndpointState>(
    .field("pool", \.pool),
    .field("name", \.name),
    .field("condition", \.condition),
    .field("limit", \.limit),
    .field("inFlight", \.inFlight),
    .field("firstTokenMs", \.firstTokenMs),
    .field("heldForMs", \.heldForMs),
    .optional("remainingRequests", \.remainingRequests),
    .optional("remainingTokens", \.remainingTokens))
}

extension OutcomeCount {
  static let json = JSONFields<OutcomeCount>(
    .field("outcome", \.outcome),
    .field("count", \.count))
}

extension PlanState {
  static let json = JSONFields<PlanState>(
    .field("name", \.name),
    .field("turnsPerMinute", \.turnsPerMinute),
    .field("turnsAtOnce", \.turnsAtOnce),
    .field("tokensPerDay", \.tokensPerDay),
    .field("tokensPerMonth", \.tokensPerMonth),
    .field("users", \.users),
    .field("tokensToday", \.tokensToday),
    .field("tokensThisMonth", \.tokensThisMonth),
    .field("mostTokensToday", \.mostTokensToday),
    .field("mostTokensThisMonth", \.mostTokensThisMonth),
    .field("usersUsedUp", \.usersUsedUp))
}

extension SlowTurn {
  static let json = JSONFields<SlowTurn>(
    .field("user", \.user),
    .field("turnId", \.turnID),
    .field("model", \.model),
    .field("lane", \.lane),
    .field("running", \.running),
    .field("ageMs", \.ageMs),
    .field("answerBytes", \.answerBytes))
}

extension StateChange {
  static let json = JSONFields<StateChange>(
    .field("number", \.number),
    .field("timeMs", \.timeMs),
    .field("text", \.text),
    .field("trouble", \.trouble))
}
