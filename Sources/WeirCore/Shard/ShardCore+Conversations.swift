import WeirWire

// Conversations are made, found, listed, named and deleted.
extension ShardCore {
  static func isValid(conversationID id: String) -> Bool {
    let bytes = id.utf8
    return (1...64).contains(bytes.count)
      && bytes.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D: true
        default: false
        }
      }
  }

  static let badConversationID = Refusal.invalid(
    "A conversation's id is 1 to 64 of the characters A-Z, a-z, 0-9, _ and -. Correct it and send again.")

  /// A new id: 100 random bits, as 20 characters that no alphabet makes look alike.
  func newConversationID() -> ConversationID {
    let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    var characters: [UInt8] = []
    for _ in 0..<2 {
      var bits = effects.random()
      for _ in 0..<10 {
        characters.append(alphabet[Int(bits & 31)])
        bits >>= 5
      }
    }
    return String(decoding: characters, as: UTF8.self)
  }

  /// Runs `body` with the conversation in memory, at once if it is there, else when the store has answered. If the
  /// store cannot answer, the reply is an error and `body` does not run.
  func withConversation(
    _ id: ConversationID, in session: Session, _ reply: Reply, _ body: @escaping (ConversationState) -> Void
  ) {
    withConversation(id, in: session, failed: { [self] in refuse(Refusal.cannotRead($0), reply) }, body)
  }

  /// The same; `failed` runs if the store cannot answer.
  func withConversation(
    _ id: ConversationID, in session: Session, failed: @escaping (String) -> Void,
    _ body: @escaping (ConversationState) -> Void
  ) {
    let known = session.conversations[id]
    let state = known ?? ConversationState(id: id, now: effects.now)
    state.lastUsed = effects.now
    if case .ready = state.phase { return body(state) }
    session.conversations[id] = state
    session.pendingRequests += 1
    let waiter = ConversationState.Waiter(
      body: { state in
        session.pendingRequests -= 1
        body(state)
      },
      failed: { reason in
        session.pendingRequests -= 1
        failed(reason)
      })
    state.waiters.append(waiter)
    if case .cold = state.phase { state.phase = .loading } else if known != nil { return }
    load(state, in: session)
  }

  func load(_ state: ConversationState, in session: Session) {
    let question = StoreRead.conversation(
      session.user, state.id, tailMessages: Self.tailMessages,
      tailBytes: tailBytes)
    read(question) { [self] result in
      guard case .conversation(let found, let tail, let hasMore) = result else {
        guard case .failed(let reason) = result else { return }
        // One that was in memory before has followers, and stays.
        if state.exists { state.phase = .cold } else { session.conversations[state.id] = nil }
        let waiters = state.waiters
        state.waiters = []
        for waiter in waiters { waiter.failed(reason) }
        return
      }
      if let found {
        state.info = found
        state.exists = true
        state.listedAtMs = found.updatedAtMs
        state.durable = found
        state.hasOlder = hasMore
        state.nextSequence = max(state.nextSequence, max(found.lastSequence, tail.last?.sequence ?? 0) &+ 1)
        for message in tail { state.remember(message) }
        account(state.tailBytes)
      }
      makeReady(state)
    }
  }

  func makeReady(_ state: ConversationState) {
    state.phase = .ready
    // One after another: while others wait nobody may let go of the state, and once one has begun a deletion they wait on.
    while case .ready = state.phase, !state.waiters.isEmpty {
      let waiter = state.waiters.removeFirst()
      waiter.body(state)
    }
  }

  /// How many messages of a conversation stay in memory at most.
  static var tailMessages: Int { 100 }

  /// How much text of a conversation stays in memory: a whole prompt, or a first page.
  var tailBytes: Int { max(64 * 1024, TokenEstimate.bytes(forTokens: largestContextTokens)) }

  func open(_ request: OpenConversation, _ session: Session, _ reply: Reply) {
    let id = request.conversationID.isEmpty ? newConversationID() : request.conversationID
    guard Self.isValid(conversationID: id) else { return refuse(Self.badConversationID, reply) }
    guard check(title: request.title, reply) else { return }
    withConversation(id, in: session, reply) { [self] state in
      if state.exists && state.appendsUnderWay == 0 {
        return opened(state, created: false, reply)
      }
      // A conversation that another request is just making is answered like one that exists, once it does.
      let isNew = !state.exists
      if isNew { begin(state, title: request.title) }
      append(writes: [write(state, in: session)], to: state, in: session, reply) { [self] in
        opened(state, created: isNew, reply)
        if isNew { announce(state, in: session, except: reply.device) }
      }
    }
  }

  private func opened(_ state: ConversationState, created: Bool, _ reply: Reply) {
    let turns = state.liveTurns.map(\.status)
    self.reply(.conversationOpened(.init(conversation: state.durable, created: created, turns: turns)), to: reply)
    if let device = reply.device { follow(state, device) }
  }

  /// Marks a conversation that nobody had as existing from now on.
  func begin(_ state: ConversationState, title: String) {
    let now = effects.wallClockMs
    state.exists = true
    state.info = Conversation(id: state.id, title: title, createdAtMs: now, updatedAtMs: now, revision: 1)
  }

  /// The write that makes the store's record of the conversation what `state.info` is.
  func write(_ state: ConversationState, in session: Session) -> StoreWrite {
    let write = StoreWrite.conversation(session.user, state.info, previousUpdatedAtMs: state.listedAtMs)
    state.listedAtMs = state.info.updatedAtMs
    return write
  }

  /// Notes a change: a new revision, at a later time.
  func touch(_ state: ConversationState) {
    state.info.revision += 1
    state.info.updatedAtMs = max(effects.wallClockMs, state.info.updatedAtMs)
  }

  /// Hands writes of one conversation to the journal; `done` runs when they are durable. If they cannot be made durable,
  /// the reply is an error, and what memory says of the conversation is forgotten: the store is asked again.
  func append(
    writes: [StoreWrite], to state: ConversationState, in session: Session, _ reply: Reply,
    failed: @escaping () -> Void = {}, done: @escaping () -> Void
  ) {
    state.appendsUnderWay += 1
    let info = state.info
    append(JournalEntry(writes: writes)) { [self] result in
      state.appendsUnderWay -= 1
      defer { state.runIfQuiet() }
      switch result {
      case .committed, .exists:
        state.durable = info
        done()
      case .failed(let reason):
        failed()
        refuse(Refusal.notSaved(reason), reply)
        forget(state, in: session)
      }
    }
  }

  /// What memory has of the conversation may not be what the store has: it leaves memory when nothing runs in it.
  func forget(_ state: ConversationState, in session: Session) {
    guard !state.isBusy, state.whenQuiet == nil, state.waiters.isEmpty, session.conversations[state.id] === state
    else { return }
    for device in state.followers { device.follows.removeAll { $0 == state.id } }
    account(-state.tailBytes)
    session.conversations[state.id] = nil
  }

  /// Tells the user's devices that do not follow the conversation that it has moved on.
  private func announce(_ state: ConversationState, in session: Session, except: Device?) {
    for device in session.devices where device !== except && !device.follows.contains(state.id) {
      send(.conversationChanged(.init(conversation: state.durable)), to: device)
    }
  }

  func list(_ request: ListConversations, _ session: Session, _ reply: Reply) {
    let limit = request.limit == 0 ? 50 : Int(min(request.limit, 200))
    var after: ListCursor?
    if !request.cursor.isEmpty {
      let pieces = request.cursor.split(separator: ".", maxSplits: 1)
      guard pieces.count == 2, let time = UInt64(pieces[0]), Self.isValid(conversationID: String(pieces[1])) else {
        return refuse(Refusal.invalid("The cursor is not one this server gave. Start again without a cursor."), reply)
      }
      after = ListCursor(updatedAtMs: time, conversationID: String(pieces[1]))
    }
    session.pendingRequests += 1
    read(.conversations(session.user, after: after, limit: limit)) { [self] result in
      session.pendingRequests -= 1
      switch result {
      case .conversations(let found, let next):
        let cursor = next.map { "\($0.updatedAtMs).\($0.conversationID)" } ?? ""
        self.reply(.conversationList(.init(conversations: found, nextCursor: cursor)), to: reply)
      case .failed(let reason): refuse(Refusal.cannotRead(reason), reply)
      default: break
      }
    }
  }

  func rename(_ request: RenameConversation, _ session: Session, _ reply: Reply) {
    guard Self.isValid(conversationID: request.conversationID) else { return refuse(Self.badConversationID, reply) }
    guard check(title: request.title, reply) else { return }
    withConversation(request.conversationID, in: session, reply) { [self] state in
      guard state.exists else {
        refuse(Refusal.noConversation(state.id), reply)
        return forget(state, in: session)
      }
      state.info.title = request.title
      touch(state)
      let renamed = state.info
      append(writes: [write(state, in: session)], to: state, in: session, reply) { [self] in
        let changed = ServerFrame.Kind.conversationChanged(.init(conversation: renamed))
        self.reply(changed, to: reply)
        for device in session.devices where device !== reply.device { send(changed, to: device) }
      }
    }
  }

  private func check(title: String, _ reply: Reply) -> Bool {
    let bytes = title.utf8.count
    if bytes <= settings.maximumTitleBytes { return true }
    refuse(Refusal.tooLarge("The title", bytes: bytes, limit: settings.maximumTitleBytes), reply)
    return false
  }

  func delete(_ request: DeleteConversation, _ session: Session, _ reply: Reply) {
    guard Self.isValid(conversationID: request.conversationID) else { return refuse(Self.badConversationID, reply) }
    withConversation(request.conversationID, in: session, reply) { [self] state in
      guard state.exists else {
        refuse(Refusal.noConversation(state.id), reply)
        return forget(state, in: session)
      }
      // What is with the journal may yet become a message, or be the end of a turn: only then it is known what goes.
      state.phase = .deleting
      state.whenQuiet = { [self] in delete(state, in: session, reply) }
      state.runIfQuiet()
    }
  }

  private func delete(_ state: ConversationState, in session: Session, _ reply: Reply) {
    let settled = state.liveTurns.flatMap { discard($0, in: session) }
    let deletion = StoreWrite.deleteConversation(
      session.user, state.id, updatedAtMs: state.listedAtMs ?? state.info.updatedAtMs)
    state.appendsUnderWay += 1
    append(JournalEntry(writes: settled + [deletion], isOwed: !settled.isEmpty)) { [self] result in
      state.appendsUnderWay -= 1
      if case .failed(let reason) = result {
        refuse(Refusal.notSaved(reason), reply)
        state.exists = state.durable.revision > 0
        return makeReady(state)
      }
      for turn in session.turns.values where turn.conversation === state { forget(turn, in: session) }
      let deleted = ServerFrame.Kind.conversationDeleted(.init(conversationID: state.id))
      self.reply(deleted, to: reply)
      for device in session.devices where device !== reply.device { send(deleted, to: device) }
      replace(state, in: session)
    }
  }

  /// The conversation is gone: what waited for it finds that there is none.
  private func replace(_ state: ConversationState, in session: Session) {
    account(-state.tailBytes)
    for device in state.followers { device.follows.removeAll { $0 == state.id } }
    let fresh = ConversationState(id: state.id, now: effects.now)
    fresh.waiters = state.waiters
    state.waiters = []
    session.conversations[state.id] = fresh
    makeReady(fresh)
    forget(fresh, in: session)
  }
}
