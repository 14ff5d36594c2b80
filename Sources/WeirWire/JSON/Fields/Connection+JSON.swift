extension Hello {
  static let json = JSONFields<Hello>(
    .field("version", \.version),
    .field("agent", \.agent),
    .field("credit", \.credit),
    .repeated("resume", \.resume),
    .repeated("follow", \.follow))
}

extension Welcome {
  static let json = JSONFields<Welcome>(
    .field("version", \.version),
    .field("server", \.server),
    .field("user", \.user),
    .repeated("capabilities", \.capabilities),
    .field("serverTimeMs", \.serverTimeMs),
    .field("maxMessageBytes", \.maxMessageBytes),
    .field("idlePingMs", \.idlePingMs),
    .repeated("models", \.models),
    .repeated("resumed", \.resumed),
    .field("plan", \.plan),
    .repeated("lanes", \.lanes))
}

extension GrantCredit {
  static let json = JSONFields<GrantCredit>(
    .field("bytes", \.bytes))
}

extension Ping {
  static let json = JSONFields<Ping>(
    .field("nonce", \.nonce))
}

extension Pong {
  static let json = JSONFields<Pong>(
    .field("nonce", \.nonce))
}

extension Goodbye {
  static let json = JSONFields<Goodbye>(
    .field("code", \.code),
    .field("message", \.message),
    .field("reconnectAfterMs", \.reconnectAfterMs))
}
