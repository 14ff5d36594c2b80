import WeirWire

@testable import WeirClient

/// A session with a clock and a seed, driven by plain calls.
struct Device {
  var session: Session
  var now: Duration = .seconds(100)
  var random = SeededRandom(seed: 1)

  init(_ change: (inout Session.Settings) -> Void = { _ in }) {
    var settings = Session.Settings()
    settings.agent = "test"
    change(&settings)
    session = Session(settings: settings)
  }

  /// Connects, from idle or from waiting, and hears Welcome. Returns the frames that were sent.
  @discardableResult
  mutating func connect(resumed: [TurnStatus] = [], maxMessageBytes: UInt64 = 0) -> [ClientFrame] {
    session.start()
    session.attempting()
    session.opened(now: now)
    var sent = frames()
    session.received(
      ServerFrame(
        frame: .welcome(Welcome(version: 1, server: "t", maxMessageBytes: maxMessageBytes, resumed: resumed))), now: now
    )
    sent += frames()
    return sent
  }

  mutating func lose(_ kind: ConnectionLoss.Kind = .network, retryAfter: Duration? = nil) -> [SessionEffect] {
    let error = WeirClientError(code: .connectionLost, message: "lost", isRetryable: true, retryAfter: retryAfter)
    session.lost(ConnectionLoss(kind: kind, error: error), now: now, random: &random)
    return session.takeEffects()
  }

  @discardableResult
  mutating func hear(_ frame: ServerFrame.Kind, requestID: UInt64 = 0) -> [SessionEffect] {
    session.received(ServerFrame(requestID: requestID, frame: frame), now: now)
    return session.takeEffects()
  }

  /// Takes the effects and keeps the frames.
  mutating func frames() -> [ClientFrame] { session.takeEffects().frames }

  mutating func say(_ text: String, clientID: String = "m1", conversation: String = "c") -> StreamID {
    let id = session.newStreamID()
    session.send(
      SendMessage(conversationID: conversation, clientMessageID: clientID, parts: [.text(text)]), on: id)
    return id
  }

  /// Sends a message, and has it acknowledged and its answer begun.
  mutating func begin(turn: UInt64, clientID: String = "m1") -> StreamID {
    let id = say("question", clientID: clientID)
    _ = session.takeEffects()
    hear(.ack(.durable(clientID, turn: turn)))
    hear(.turnStarted(TurnStarted(turnID: turn, conversationID: "c")))
    return id
  }
}

extension Ack {
  static func durable(_ clientID: String, turn: UInt64, duplicate: Bool = false) -> Ack {
    Ack(
      clientMessageID: clientID, level: .durable, conversationID: "c", sequence: 1, turnID: turn, revision: 1,
      duplicate: duplicate)
  }
}

extension [SessionEffect] {
  var frames: [ClientFrame] {
    compactMap { if case .send(let frame) = $0 { frame } else { nil } }
  }

  func events(of id: StreamID) -> [TurnEvent] {
    compactMap { if case .turn(id, let event) = $0 { event } else { nil } }
  }

  func text(of id: StreamID) -> String {
    events(of: id).reduce(into: "") { whole, event in
      if case .text(let piece) = event { whole += piece }
    }
  }

  var connectDelay: Duration? {
    lazy.compactMap { if case .connect(let delay) = $0 { delay } else { nil } }.first
  }

  var news: [ClientEvent] {
    compactMap { if case .event(let event) = $0 { event } else { nil } }
  }
}

extension [ClientFrame] {
  var hello: Hello? { lazy.compactMap { if case .hello(let hello)? = $0.frame { hello } else { nil } }.first }
  var subscriptions: [SubscribeTurn] {
    compactMap { if case .subscribeTurn(let subscribe)? = $0.frame { subscribe } else { nil } }
  }
  var messages: [SendMessage] {
    compactMap { if case .sendMessage(let message)? = $0.frame { message } else { nil } }
  }
  var grants: [UInt64] {
    compactMap { if case .grantCredit(let grant)? = $0.frame { grant.bytes } else { nil } }
  }
  var stops: [UInt64] {
    compactMap { if case .stopTurn(let stop)? = $0.frame { stop.turnID } else { nil } }
  }
  var unsubscribes: [UInt64] {
    compactMap { if case .unsubscribeTurn(let frame)? = $0.frame { frame.turnID } else { nil } }
  }
}
