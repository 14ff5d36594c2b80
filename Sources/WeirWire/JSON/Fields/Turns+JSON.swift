extension TurnStatus {
  static let json = JSONFields<TurnStatus>(
    .field("turnId", \.turnID),
    .field("conversationId", \.conversationID),
    .field("state", \.state),
    .field("length", \.length))
}

extension TurnStarted {
  static let json = JSONFields<TurnStarted>(
    .field("turnId", \.turnID),
    .field("conversationId", \.conversationID),
    .field("questionSequence", \.questionSequence),
    .field("answerSequence", \.answerSequence),
    .field("model", \.model),
    .field("continuesTurnId", \.continuesTurnID),
    .field("replacesTurnId", \.replacesTurnID),
    .field("offset", \.offset),
    .field("cached", \.cached))
}

extension QueuePosition {
  static let json = JSONFields<QueuePosition>(
    .field("turnId", \.turnID),
    .field("position", \.position),
    .field("lane", \.lane),
    .field("estimateMs", \.estimateMs),
    .field("reason", \.reason))
}

extension TurnSeam {
  static let json = JSONFields<TurnSeam>(
    .field("turnId", \.turnID),
    .field("offset", \.offset),
    .optional("reason", \.reason),
    .field("fromEndpoint", \.fromEndpoint),
    .field("toEndpoint", \.toEndpoint))
}

extension TurnFinished {
  static let json = JSONFields<TurnFinished>(
    .field("turnId", \.turnID),
    .field("conversationId", \.conversationID),
    .field("reason", \.reason),
    .optional("usage", \.usage),
    .field("sequence", \.sequence),
    .field("length", \.length),
    .field("revision", \.revision),
    .field("cached", \.cached))
}

extension TurnFailed {
  static let json = JSONFields<TurnFailed>(
    .field("turnId", \.turnID),
    .field("conversationId", \.conversationID),
    .optional("error", \.error),
    .field("partialKept", \.partialKept),
    .field("sequence", \.sequence),
    .field("length", \.length),
    .field("revision", \.revision))
}

extension StopTurn {
  static let json = JSONFields<StopTurn>(
    .field("turnId", \.turnID))
}

extension ContinueTurn {
  static let json = JSONFields<ContinueTurn>(
    .field("conversationId", \.conversationID),
    .field("turnId", \.turnID))
}

extension RegenerateTurn {
  static let json = JSONFields<RegenerateTurn>(
    .field("conversationId", \.conversationID),
    .field("turnId", \.turnID),
    .field("model", \.model))
}
