internal import WebSocket
internal import WeirWire

/// The rules of one device's life: what to send when a connection opens, what a lost one leaves to do, which answers
/// go on where. It has no sockets, timers or randomness: each method takes an event and adds what follows from it to
/// `effects`. Times are since any fixed moment.
package struct Session: Sendable {
  /// Where the device stands.
  package enum Phase: Sendable, Equatable {
    /// Nobody has asked for a connection.
    case idle
    /// A connection is being made.
    case connecting
    /// The connection is open and Hello is sent.
    case greeting
    /// Welcome has come.
    case ready(since: Duration)
    /// The connection is gone and the next attempt is planned.
    case waiting
    /// The client has given up or was closed.
    case stopped(WeirClientError)
  }

  /// What a session needs to know; see `WeirClientConfiguration`.
  package struct Settings: Sendable {
    package var agent = "weir-client/0.1"
    package var credit = 0
    package var backoff = Backoff()
    package var requestTimeout: Duration = .seconds(30)
    package var maximumUnacknowledgedBytes = 8 * 1024 * 1024
    /// Whether a first attempt that fails is followed by others.
    package var retriesFirstConnection = false

    package init() {}
  }

  /// A connection that was ready for so long ends the series of failed attempts.
  static let stableAfter: Duration = .seconds(5)
  /// Conversations that a device follows after a reconnect: the last ones it used.
  static let maximumFollowed = 64
  /// Unread bytes past which the socket is read no further, where no credit is used.
  static let maximumUnreadBytes = 4 * 1024 * 1024
  /// Connections on which one message is sent before it is given up.
  static let maximumSendAttempts = 16

  struct PendingRequest: Sendable {
    var frame: ClientFrame.Kind
    var deadline: Duration
  }

  let settings: Settings
  package private(set) var phase: Phase = .idle
  package var effects: [SessionEffect] = []

  var streams: [StreamID: SessionStream] = [:]
  var streamOfTurn: [UInt64: StreamID] = [:]
  /// Streams with a message to acknowledge, in the order in which they were sent.
  var unacknowledged: [StreamID] = []
  var unacknowledgedBytes = 0
  /// Requests without an answer. All of them can be repeated, and are after a reconnect.
  var requests: [UInt64: PendingRequest] = [:]
  var credit: CreditWindow
  var isReadingPaused = false
  /// Turns of others whose text was declined.
  var declined: Set<UInt64> = []
  var followed: [String] = []
  var server: ServerInfo?

  private var lastRequestID: UInt64 = 0
  private var lastStreamID: StreamID = 0
  private var failedAttempts = 0
  private var hasBeenReady = false
  private var reconnectHint: Duration?

  package init(settings: Settings) {
    self.settings = settings
    credit = CreditWindow(window: settings.credit)
  }

  /// Takes what was decided since the last time.
  package mutating func takeEffects() -> [SessionEffect] {
    defer { effects = [] }
    return effects
  }

  /// Whether frames can be sent now.
  var isOpen: Bool {
    switch phase {
    case .greeting, .ready: true
    case .idle, .connecting, .waiting, .stopped: false
    }
  }

  // MARK: Connection

  /// Somebody wants a connection.
  package mutating func start() {
    guard phase == .idle else { return }
    phase = .connecting
    effects.append(.connect(after: .zero))
  }

  /// The planned attempt begins.
  package mutating func attempting() {
    if phase == .waiting { phase = .connecting }
  }

  /// The WebSocket is open. Everything that waits is sent at once, behind Hello: no round trip is spent on asking.
  package mutating func opened(now: Duration) {
    guard phase == .connecting else { return }
    phase = .greeting
    reconnectHint = nil
    declined = []
    isReadingPaused = false
    var hello = Hello()
    hello.version = 1
    hello.agent = settings.agent
    hello.credit = credit.reset()
    hello.follow = followed
    hello.resume = resumable
    send(.hello(hello))
    for id in requests.keys.sorted() {
      guard let request = requests[id] else { continue }
      effects.append(.send(ClientFrame(requestID: id, frame: request.frame)))
    }
    resendMessages()
    for stream in streams.values.sorted(by: { $0.id < $1.id }) where stream.wantsStop {
      if let turnID = stream.turnID { sendStop(turnID) }
    }
    pauseOrResumeReading()
  }

  /// The connection is gone, or was not made. `random` draws the wait before the next attempt.
  package mutating func lost(
    _ loss: ConnectionLoss, now: Duration, random: inout some RandomNumberGenerator
  ) {
    switch phase {
    case .idle, .waiting, .stopped: return
    case .connecting, .greeting: break
    case .ready(let since): if now - since >= Self.stableAfter { failedAttempts = 0 }
    }
    failUnrepeatable(loss)
    let givesUp =
      loss.isFinal || (!hasBeenReady && !settings.retriesFirstConnection)
      || !settings.backoff.allows(attempt: failedAttempts)
    if givesUp {
      stop(loss.error)
      return
    }
    var delay = settings.backoff.delay(attempt: failedAttempts, using: &random)
    if let hint = reconnectHint {
      // The server spreads its devices itself; what it says is drawn already.
      delay = hint
      failedAttempts = 0
    } else {
      failedAttempts += 1
    }
    if let wait = loss.error.retryAfter {
      // Told in whole seconds: without a part of one added, all who were told the same would come in the same moment.
      delay = max(delay, wait + .milliseconds(Int64.random(in: 0..<1000, using: &random)))
    }
    reconnectHint = nil
    phase = .waiting
    effects.append(.event(.disconnected(loss.error, retryAfter: delay)))
    effects.append(.connect(after: delay))
  }

  /// The client gives up or was closed: everything that waits fails with `error`.
  package mutating func stop(_ error: WeirClientError) {
    if case .stopped = phase { return }
    if isOpen { effects.append(.close(.normal, reason: "")) }
    phase = .stopped(error)
    for id in requests.keys.sorted() { effects.append(.reply(id, .failure(error))) }
    requests = [:]
    for id in streams.keys.sorted() { fail(id, error) }
    effects.append(.event(.stopped(error)))
  }

  mutating func welcomed(_ welcome: Welcome, now: Duration) {
    guard phase == .greeting else { return }
    phase = .ready(since: now)
    let info = ServerInfo(welcome)
    server = info
    effects.append(.event(.connected(info, isReconnect: hasBeenReady)))
    hasBeenReady = true
    // A turn that the server does not name, or does not have at hand, is asked for by name: the reply says whether it
    // has ended or was never there.
    let live = Set(welcome.resumed.filter { $0.state != .unknown }.map(\.turnID))
    for stream in streams.values.sorted(by: { $0.id < $1.id }) where !stream.isAbandoned {
      guard let turnID = stream.turnID, !live.contains(turnID) else { continue }
      subscribe(stream.id, turnID: turnID, from: stream.track.position ?? 0)
    }
  }

  mutating func goodbye(_ goodbye: Goodbye) {
    reconnectHint = goodbye.reconnectAfterMs == 0 ? nil : .milliseconds(Int64(goodbye.reconnectAfterMs))
    effects.append(.event(.goodbye(goodbye.message)))
  }

  // MARK: Names

  mutating func newRequestID() -> UInt64 {
    lastRequestID += 1
    return lastRequestID
  }

  package mutating func newStreamID() -> StreamID {
    lastStreamID += 1
    return lastStreamID
  }

  mutating func send(_ frame: ClientFrame.Kind, requestID: UInt64 = 0) {
    effects.append(.send(ClientFrame(requestID: requestID, frame: frame)))
  }

  /// The device goes on following this conversation after a reconnect.
  mutating func follow(_ conversationID: String) {
    if conversationID.isEmpty || followed.last == conversationID { return }
    followed.removeAll { $0 == conversationID }
    followed.append(conversationID)
    if followed.count > Self.maximumFollowed { followed.removeFirst() }
  }

  /// The turns to go on with on a new connection, in the order in which they were begun.
  private var resumable: [SubscribeTurn] {
    var wanted: [SubscribeTurn] = []
    // A loop, because Swift 6.3.1 fails to compile the chain of filter and map when it optimises.
    for stream in streams.values.sorted(by: { $0.id < $1.id }) where !stream.isAbandoned {
      guard let turnID = stream.turnID else { continue }
      wanted.append(SubscribeTurn(turnID: turnID, offset: stream.track.position ?? 0))
    }
    return wanted
  }
}
