package import WeirWire

// Devices come and go; frames are handed to the work they ask for.
extension ShardCore {
  /// A device of `user` has connected. Returns nil after closing the link, if the user has too many. `traceparent` is the
  /// trace context it came with.
  package func connect(
    user: UserID, access: Access = Access(), link: any DeviceLink, expiresAtMs: UInt64? = nil, traceparent: String = ""
  ) -> Device? {
    if isErasing(user) {
      link.close(Self.erasure)
      return nil
    }
    let session = session(of: user)
    guard session.devices.count(where: { !$0.isDirect }) < settings.maximumDevicesPerUser else {
      link.close(.tooManyDevices(limit: settings.maximumDevicesPerUser))
      return nil
    }
    if isDraining {
      link.close(.goingAway(reconnectAfterMs: reconnectHint()))
      return nil
    }
    let credit = settings.defaultCredit == 0 ? nil : settings.defaultCredit
    let device = Device(
      link: link, session: session, access: access, expiresAtMs: expiresAtMs, credit: credit, traceparent: traceparent)
    session.devices.append(device)
    session.lastUsed = effects.now
    notePlan(of: device, in: session)
    scheduleHousekeeping()
    return device
  }

  /// The device's connection has ended, however it did. Its answers go on as the listener policy says.
  package func disconnected(_ device: Device) {
    guard let session = device.session else { return }
    device.session = nil
    session.devices.removeAll { $0 === device }
    session.early.removeAll { $0.device === device }
    session.earlyCalls.removeAll { $0.device === device }
    session.lastUsed = effects.now
    for id in device.follows { session.conversations[id]?.followers.removeAll { $0 === device } }
    device.follows = []
    let asked = device.isDirect ? device.subscriptions.map(\.turn) : []
    for subscription in device.subscriptions { drop(subscription) }
    device.subscriptions = []
    for turn in asked where turn.isLive { finish(turn, .stopped, usage: nil, in: session) }
  }

  /// A frame from a device.
  package func received(_ frame: ClientFrame, from device: Device) {
    guard let session = device.session else { return }
    session.lastUsed = effects.now
    if case .ping(let ping)? = frame.frame {
      return send(.pong(Pong(nonce: ping.nonce)), to: device, requestID: frame.requestID)
    }
    guard case .ready = session.phase else {
      guard session.early.count < settings.maximumPendingRequests else {
        return refuse(
          Refusal.tooManyRequests(limit: settings.maximumPendingRequests),
          Reply(device: device, requestID: frame.requestID))
      }
      session.early.append((device, frame))
      return
    }
    handle(frame, from: device, in: session)
  }

  private func handle(_ frame: ClientFrame, from device: Device, in session: Session) {
    let reply = Reply(device: device, requestID: frame.requestID)
    if needsStore(frame.frame), session.pendingRequests >= settings.maximumPendingRequests {
      return refuse(Refusal.tooManyRequests(limit: settings.maximumPendingRequests), reply)
    }
    switch frame.frame {
    case .hello(let hello): greet(hello, device, session, reply)
    case .openConversation(let request): open(request, session, reply)
    case .listConversations(let request): list(request, session, reply)
    case .renameConversation(let request): rename(request, session, reply)
    case .deleteConversation(let request): delete(request, session, reply)
    case .getHistory(let request): history(request, session, reply)
    case .sendMessage(let request): send(request, session, reply)
    case .stopTurn(let request): stop(request, session, reply)
    case .continueTurn(let request): continueTurn(request, session, reply)
    case .regenerateTurn(let request): regenerate(request, session, reply)
    case .subscribeTurn(let request): subscribe(request, device, session, reply)
    case .unsubscribeTurn(let request): unsubscribe(request.turnID, device)
    case .grantCredit(let request): grant(request.bytes, device)
    case .getUsage: reportUsage(session, reply)
    case .ping: break
    case .watchServer: refuse(Refusal.notTheOperator, reply)
    case nil:
      refuse(
        Refusal.invalid("The frame asks for nothing this server knows. Set one field of ClientFrame.frame."), reply)
    }
  }

  private func needsStore(_ frame: ClientFrame.Kind?) -> Bool {
    switch frame {
    case .openConversation, .listConversations, .renameConversation, .deleteConversation, .getHistory, .sendMessage,
      .continueTurn, .regenerateTurn, .subscribeTurn:
      true
    default: false
    }
  }

  func session(of user: UserID) -> Session {
    if let session = sessions[ByteKey(user)] { return session }
    let session = Session(user: user, now: effects.now)
    sessions[ByteKey(user)] = session
    rounds.insert(session)
    metrics.sessionsLive.add(1)
    if expiring[ByteKey(user)] == nil { load(session) }
    return session
  }

  /// Lets go of a session: whoever comes next for its user gets another.
  func dismiss(_ session: Session) {
    sessions[ByteKey(session.user)] = nil
    session.isDismissed = true
    metrics.sessionsLive.add(-1)
  }

  /// The user's last token says which plan counts while the user is away.
  func notePlan(of device: Device, in session: Session) {
    guard case .ready = session.phase, session.limits.state.plan != device.access.plan else { return }
    session.limits.state.plan = device.access.plan
    // Of somebody of whom nothing is kept this is not either, until something is.
    if session.lastTurnID == 0 { return }
    effects.append(JournalEntry(writes: [.user(session.user, session.limits.state)]), token: 0)
  }

  /// A user has turns that waited when the server stopped: they go on waiting, whether a device comes or not.
  package func wake(user: UserID) {
    if !isErasing(user) { _ = session(of: user) }
  }

  /// Asks the store what the user has, and sees to what a crash cut off, before any frame is looked at.
  func load(_ session: Session) {
    read(.session(session.user)) { [self] result in
      guard case .session(let state, let cut) = result else {
        if case .failed(let reason) = result { fail(session, reason) }
        return
      }
      session.limits = UserLimits(state: state)
      takeUp(cut, in: session, failed: { [self] in fail(session, $0) }, then: { [self] in becomeReady(session) })
    }
  }

  private func becomeReady(_ session: Session) {
    session.phase = .ready
    if let device = session.devices.last { notePlan(of: device, in: session) }
    let early = session.early
    session.early = []
    for (device, frame) in early where device.isConnected { handle(frame, from: device, in: session) }
    let calls = session.earlyCalls
    session.earlyCalls = []
    for (device, call) in calls where device.isConnected { begin(call, device, session) }
    scheduleHousekeeping()
  }

  /// The store cannot be read: everybody is told, and the next device makes a new attempt. So does the shard after a
  /// while: there may be turns that wait.
  private func fail(_ session: Session, _ reason: String) {
    dismiss(session)
    unread.append(session.user)
    for state in session.conversations.values { account(-state.tailBytes) }
    for (device, frame) in session.early {
      refuse(Refusal.cannotRead(reason), Reply(device: device, requestID: frame.requestID))
    }
    for (device, _) in session.earlyCalls {
      refuse(Refusal.cannotRead(reason), Reply(device: device, requestID: 0))
    }
    for device in session.devices {
      device.link.flush()
      device.link.close(.goingAway(reconnectAfterMs: reconnectHint()))
    }
    scheduleHousekeeping()
  }

  private func greet(_ hello: Hello, _ device: Device, _ session: Session, _ reply: Reply) {
    if hello.credit > 0 { device.credit = hello.credit }
    let resumed = hello.resume.prefix(settings.maximumPendingRequests).map { wanted in
      session.turns[wanted.turnID]?.status ?? TurnStatus(turnID: wanted.turnID, state: .unknown)
    }
    let welcome = Welcome(
      version: 1, server: settings.serverName, user: session.user,
      capabilities: ["continue", "regenerate", "resume", "credit", "queue", "lanes", "usage", "tools"],
      serverTimeMs: effects.wallClockMs,
      maxMessageBytes: UInt64(settings.maximumFrameBytes),
      idlePingMs: UInt32(clamping: settings.idlePing.nanoseconds / 1_000_000), models: policy.models(device.access),
      resumed: Array(resumed), plan: policy.plan(device.access.plan).name,
      lanes: policy.lanes[policy.bestLane(device.access)...].map(\.name))
    self.reply(.welcome(welcome), to: reply)
    if !takeUp(hello, device, session) {
      // The first of them are taken up; it must know of the others.
      refuse(
        Refusal.tooManyRequests(limit: settings.maximumPendingRequests), Reply(device: device, requestID: 0))
    }
  }

  /// Follows and resumes what a device says it had. Each may ask the store, so that a hello may begin no more than other
  /// requests may. Returns false if there was more than that.
  private func takeUp(_ hello: Hello, _ device: Device, _ session: Session) -> Bool {
    let limit = settings.maximumPendingRequests
    let reply = Reply(device: device, requestID: 0)
    for id in hello.follow.prefix(limit) where Self.isValid(conversationID: id) {
      guard session.pendingRequests < limit else { return false }
      withConversation(id, in: session, reply) { [self] state in
        // What is not there must not stay in memory for having been asked for.
        if state.exists { follow(state, device) } else { forget(state, in: session) }
      }
    }
    for wanted in hello.resume.prefix(limit) {
      guard session.pendingRequests < limit else { return false }
      subscribe(wanted, device, session, reply)
    }
    return max(hello.follow.count, hello.resume.count) <= limit
  }

  func follow(_ state: ConversationState, _ device: Device) {
    guard device.isConnected, let session = device.session, !device.follows.contains(state.id) else { return }
    if device.follows.count >= settings.maximumFollowedPerDevice, let oldest = device.follows.first {
      session.conversations[oldest]?.followers.removeAll { $0 === device }
      device.follows.removeFirst()
    }
    device.follows.append(state.id)
    state.followers.append(device)
    for turn in state.liveTurns { listen(device, to: turn, from: 0) }
  }

  /// When a device that is sent away should come back: spread over two seconds, so that not all come at once.
  func reconnectHint() -> UInt32 { 500 + UInt32(effects.random() % 2000) }
}
