package import NIOCore
internal import NIOPosix
internal import WebSocket
internal import WeirWire

/// A device of one user, connected to a Weir server.
///
/// The client connects once with `connect()` and from then on keeps the connection: when it breaks, it comes back by
/// itself, goes on with every answer at the byte where it stopped, and sends again what was not acknowledged. A reader
/// of a `TurnStream` sees none of that but the pause.
///
/// ```swift
/// let client = try WeirClient(WeirClientConfiguration(url: "ws://127.0.0.1:8080/", user: "ada"))
/// _ = try await client.connect()
/// for await event in await client.send("Hello!", to: "greetings") {
///   if case .text(let text) = event { print(text, terminator: "") }
/// }
/// await client.close()
/// ```
///
/// All of it runs on one event loop; calling a method is one hop there. A client that is dropped without `close()`
/// closes its connection; a stream that is held keeps its client.
public actor WeirClient {
  let loop: any EventLoop
  let endpoint: Endpoint
  let configuration: WeirClientConfiguration
  let codec: FrameCodec
  let transport: Transport
  var session: Session
  var random: any RandomNumberGenerator & Sendable
  /// Counts attempts to connect; the last one is the one that matters.
  var attempt: UInt64 = 0
  var connection: NIOLoopBound<WebSocketConnection>?
  private let executor: any SerialExecutor
  private var timer: Scheduled<Void>?
  private var requestTimer: Scheduled<Void>?
  private var writers: [StreamID: TurnWriter] = [:]
  private var replies: [UInt64: CheckedContinuation<Result<SessionReply, WeirClientError>, Never>] = [:]
  private var connecting: [CheckedContinuation<Result<ServerInfo, WeirClientError>, Never>] = []
  private var listeners: [Mailbox<ClientEvent>] = []
  private var isPerforming = false

  /// The loop the client lives on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// Makes a client; nothing is connected yet. Reads certificates from disk where the configuration needs them, and
  /// throws if they or the URL are of no use.
  public init(_ configuration: WeirClientConfiguration = WeirClientConfiguration()) throws(WeirClientError) {
    try self.init(
      configuration, loop: MultiThreadedEventLoopGroup.singleton.next(), random: SystemRandomNumberGenerator())
  }

  /// The same on a loop and with a random source of the caller's choice. `retriesFirstConnection`: `connect()` waits
  /// for the server to appear instead of failing at once.
  package init(
    _ configuration: WeirClientConfiguration, loop: any EventLoop,
    random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(), retriesFirstConnection: Bool = false
  ) throws(WeirClientError) {
    var endpoint = try Endpoint(parsing: configuration.url)
    if let user = configuration.user { endpoint = endpoint.addingQuery("user", user) }
    self.endpoint = endpoint
    self.configuration = configuration
    self.loop = loop
    self.executor = loop.executor
    self.random = random
    codec = FrameCodec(configuration.format)
    transport = try Transport(
      endpoint, trust: configuration.trust, settings: configuration.webSocket,
      headers: Transport.authorization(configuration.token), subprotocols: [configuration.format.subprotocol])
    var settings = Session.Settings()
    settings.agent = configuration.agent
    settings.credit = configuration.creditBytes
    settings.backoff = configuration.backoff
    settings.requestTimeout = configuration.requestTimeout
    settings.maximumUnacknowledgedBytes = configuration.maximumUnacknowledgedBytes
    settings.retriesFirstConnection = retriesFirstConnection
    session = Session(settings: settings)
  }

  deinit {
    timer?.cancel()
    requestTimer?.cancel()
    if let connection { loop.execute { connection.value.close(code: .goingAway) } }
    for mailbox in listeners { mailbox.finish() }
    for writer in writers.values { writer.finish() }
  }

  /// Connects and says hello. Throws what prevented it; the client is of no use then. Called again it brings the same
  /// answer.
  @discardableResult
  public func connect() async throws(WeirClientError) -> ServerInfo {
    if case .stopped(let error) = session.phase { throw error }
    if case .ready = session.phase, let server = session.server { return server }
    let result = await withCheckedContinuation { continuation in
      connecting.append(continuation)
      session.start()
      perform()
    }
    return try result.get()
  }

  /// Ends the connection for good. Streams and requests that wait fail with `.closed`; answers that run go on at the
  /// server.
  public func close() {
    session.stop(WeirClientError(code: .closed, message: "The client was closed; make a new one."))
    perform()
  }

  /// What happens on the connection and on the user's other devices, from now on. Each call makes a sequence of its
  /// own.
  public func events() -> ClientEvents {
    let events = ClientEvents()
    if case .stopped = session.phase { events.mailbox.finish() } else { listeners.append(events.mailbox) }
    return events
  }

  // MARK: Steps

  func ask(_ frame: ClientFrame.Kind) async throws(WeirClientError) -> SessionReply {
    let result = await withCheckedContinuation { continuation in
      let id = session.request(frame, now: now)
      replies[id] = continuation
      perform()
      watchRequests()
    }
    return try result.get()
  }

  func makeStream(_ begin: (inout Session, StreamID) -> Void) -> TurnStream {
    let id = session.newStreamID()
    let writer = TurnWriter()
    writers[id] = writer
    let reader = writer.reader(
      owner: self, portion: configuration.creditBytes > 0 ? configuration.creditBytes / 8 : 64 * 1024,
      onRead: { [weak self, loop] bytes in
        loop.execute { [weak self] in self?.assumeIsolated { $0.textWasRead(bytes) } }
      },
      onDrop: { [weak self, loop] unread in
        loop.execute { [weak self] in self?.assumeIsolated { $0.streamWasDropped(id, unread: unread) } }
      })
    begin(&session, id)
    perform()
    return TurnStream(id: id, reader: reader)
  }

  private func textWasRead(_ bytes: Int) {
    session.consumed(bytes)
    perform()
  }

  private func streamWasDropped(_ id: StreamID, unread: Int) {
    writers[id] = nil
    session.abandon(id, unread: unread)
    perform()
  }

  /// Time since the loop's clock began.
  var now: Duration { .nanoseconds(Int64(clamping: loop.now.uptimeNanoseconds)) }

  /// Carries out what the session decided, and gives what is to be sent to the kernel.
  func perform() {
    carryOut()
    connection?.value.flush()
  }

  /// Carries out what the session decided. Effects can lead to new ones; they are taken in order, not nested.
  func carryOut() {
    if isPerforming { return }
    isPerforming = true
    defer { isPerforming = false }
    while true {
      let effects = session.takeEffects()
      if effects.isEmpty { return }
      for effect in effects { perform(effect) }
    }
  }

  private func perform(_ effect: SessionEffect) {
    switch effect {
    case .send(let frame): if let connection { codec.send(frame, on: connection.value) }
    case .turn(let id, let event):
      writers[id]?.put(event)
      switch event {
      case .finished, .failed: writers[id] = nil
      case .acked, .queued, .started, .text, .reasoning, .toolCall, .toolArguments, .seam: break
      }
    case .reply(let id, let result): replies.removeValue(forKey: id)?.resume(returning: result)
    case .event(let event): announce(event)
    case .connect(let delay): connect(after: delay)
    case .close(let code, let reason): connection?.value.close(code: code, reason: reason)
    case .setReading(let isOn): connection?.value.setReading(isOn)
    }
  }

  private func announce(_ event: ClientEvent) {
    for mailbox in listeners { mailbox.put(event) }
    switch event {
    case .connected(let info, _): resumeConnecting(.success(info))
    case .stopped(let error):
      timer?.cancel()
      requestTimer?.cancel()
      for mailbox in listeners { mailbox.finish() }
      listeners = []
      resumeConnecting(.failure(error))
    default: break
    }
  }

  private func resumeConnecting(_ result: Result<ServerInfo, WeirClientError>) {
    for continuation in connecting { continuation.resume(returning: result) }
    connecting = []
  }

  private func connect(after delay: Duration) {
    timer = loop.scheduleTask(in: .microseconds(delay.wholeMicroseconds)) { [weak self] in
      self?.assumeIsolated { $0.connectNow() }
    }
  }

  /// Looks for requests that are out of time when the first of them is.
  private func watchRequests() {
    requestTimer?.cancel()
    requestTimer = nil
    guard let deadline = session.expireRequests(now: now) else { return }
    requestTimer = loop.scheduleTask(in: .microseconds((deadline - now).wholeMicroseconds + 1_000)) { [weak self] in
      self?.assumeIsolated {
        $0.watchRequests()
        $0.perform()
      }
    }
  }
}
