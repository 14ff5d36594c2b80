import WeirWire

// A message comes in: checked, given its place, made durable, acknowledged, and handed on to be answered.
extension ShardCore {
  func send(_ request: SendMessage, _ session: Session, _ reply: Reply) {
    metrics.messagesAccepted.add(1)
    let id = request.conversationID.isEmpty ? newConversationID() : request.conversationID
    if let problem = problem(with: request, conversation: id) { return refuse(problem, reply) }
    if !request.clientMessageID.isEmpty, let sent = session.sent(request.clientMessageID) {
      return sendAgain(request, sent, session, reply)
    }
    if request.conversationID.isEmpty {
      // Nobody else can know this id yet: no need to ask the store for it.
      let state = ConversationState(id: id, now: effects.now)
      state.phase = .ready
      session.conversations[id] = state
      return send(request, to: state, session, reply)
    }
    withConversation(id, in: session, reply) { [self] state in
      // The same message may have come twice while the conversation was being read.
      if !request.clientMessageID.isEmpty, let sent = session.sent(request.clientMessageID) {
        return sendAgain(request, sent, session, reply)
      }
      send(request, to: state, session, reply)
    }
  }

  private func problem(with request: SendMessage, conversation id: ConversationID) -> WeirError? {
    if !Self.isValid(conversationID: id) { return Self.badConversationID }
    let idBytes = request.clientMessageID.utf8.count
    if idBytes > 64 { return Refusal.tooLarge("The client message id", bytes: idBytes, limit: 64) }
    if let problem = problem(with: request.parts) { return problem }
    let bytes = request.parts.reduce(0) { $0 + $1.contentBytes }
    if bytes > settings.maximumMessageBytes {
      return Refusal.tooLarge("The message", bytes: bytes, limit: settings.maximumMessageBytes)
    }
    if !request.toolsJSON.isEmpty {
      guard request.toolsJSON.utf8.count <= Self.maximumToolsBytes, WireJSON.isArray(request.toolsJSON) else {
        return Refusal.badTools
      }
    }
    return nil
  }

  /// What tools may take of a call, in bytes of JSON.
  static var maximumToolsBytes: Int { 64 * 1024 }

  /// Each costs memory beyond its text.
  private var maximumParts: Int { 256 }

  /// A message is the person's text, or the results of the tools that the last answer asked for.
  private func problem(with parts: [Part]) -> WeirError? {
    if parts.count > maximumParts {
      return Refusal.invalid("The message has \(parts.count) parts, at most \(maximumParts) are allowed. Join them.")
    }
    var texts = 0
    var results = 0
    for part in parts {
      switch part.part {
      case .text(let text): if !text.isEmpty { texts += 1 }
      case .toolResult(let result):
        results += 1
        if result.toolCallID.isEmpty || result.toolCallID.utf8.count > 256 {
          return Refusal.invalid("A tool result names no call, or one with an id beyond 256 bytes. Name its call.")
        }
      default:
        return Refusal.invalid("A message has a part that only answers have. Send text or tool results.")
      }
    }
    if texts > 0 && results > 0 {
      return Refusal.invalid("Text and tool results do not go in one message. Send the results first, then the text.")
    }
    if texts + results == 0 {
      return Refusal.invalid("The message says nothing. Send at least one part with text or a tool result.")
    }
    return nil
  }

  /// A message with an id that is known: nothing is stored, and the same acknowledgement goes out.
  private func sendAgain(_ request: SendMessage, _ sent: Session.Sent, _ session: Session, _ reply: Reply) {
    metrics.messagesDuplicate.add(1)
    switch sent {
    case .underWay: session.addWaiter(reply, for: request.clientMessageID)
    case .known(let record): acknowledge(request.clientMessageID, record, duplicate: true, reply)
    }
  }

  private func acknowledge(_ clientMessageID: String, _ record: SentRecord, duplicate: Bool, _ reply: Reply) {
    let ack = Ack(
      clientMessageID: clientMessageID, level: .durable, conversationID: record.conversationID,
      sequence: record.sequence, turnID: record.turnID, revision: record.revision, duplicate: duplicate)
    self.reply(.ack(ack), to: reply)
  }

  private func send(_ request: SendMessage, to state: ConversationState, _ session: Session, _ reply: Reply) {
    if let refusal = refusal(of: request, by: state) {
      return refuseUnlessStored(request, refusal, state, session, reply)
    }
    let ticket: Ticket
    do throws(WeirError) {
      ticket = try admit(wish(of: request, in: state), reply.access, session)
    } catch {
      return refuseUnlessStored(request, error, state, session, reply)
    }
    let message = accept(request, into: state, session)
    var record = TurnRecord(
      turnID: message.turnID, conversationID: state.id, questionSequence: message.sequence,
      answerSequence: message.sequence + 1, model: ticket.model, createdAtMs: message.createdAtMs)
    record.take(ticket)
    record.skipsCache = request.noCache
    let sent = SentRecord(
      conversationID: state.id, sequence: message.sequence, turnID: message.turnID, revision: state.info.revision)
    if request.acks.contains(.accepted) {
      let ack = Ack(clientMessageID: request.clientMessageID, level: .accepted, conversationID: state.id)
      self.reply(.ack(ack), to: reply)
    }
    if let device = reply.device { follow(state, device) }
    store(request, message, record, ticket, sent, state, session, reply)
  }

  private func wish(of request: SendMessage, in state: ConversationState) -> Wish {
    let bytes = request.parts.reduce(0) { $0 + $1.contentBytes }
    return Wish(
      model: request.model, lane: request.lane, deadlineMs: UInt64(request.deadlineMs),
      promptBytes: state.tailBytes + bytes + request.toolsJSON.utf8.count, promptMessages: state.tail.count + 1)
  }

  /// Why the message cannot be taken now; nil if it can.
  private func refusal(of request: SendMessage, by state: ConversationState) -> WeirError? {
    if isDraining { return Refusal.shuttingDown }
    if isMemoryFull { return Refusal.memoryFull }
    if let expected = request.expectedRevision, expected != state.info.revision {
      return Refusal.staleRevision(expected: expected, current: state.info.revision)
    }
    if let problem = problem(with: request.parts, against: state) { return problem }
    if request.onConflict == .reject, state.running != nil || !state.waiting.isEmpty || state.appendsUnderWay > 0 {
      return Refusal.turnRunning
    }
    if state.waiting.count + state.sendsUnderWay >= settings.maximumWaitingTurns {
      return Refusal.tooManyWaiting(limit: settings.maximumWaitingTurns)
    }
    return nil
  }

  /// Results answer the calls of the last answer, and no others.
  private func problem(with parts: [Part], against state: ConversationState) -> WeirError? {
    for part in parts {
      guard case .toolResult(let result)? = part.part else { continue }
      let asked = state.tail.last { $0.role == .assistant && $0.status != .superseded }?.toolCalls ?? []
      if !asked.contains(where: { $0.id == result.toolCallID }) { return Refusal.noToolCall(result.toolCallID) }
    }
    return nil
  }

  /// A message that was stored before is acknowledged again, whatever has happened in its conversation since. Only the
  /// store knows all ids, and only this rare path must ask it: on the common one the journal checks.
  private func refuseUnlessStored(
    _ request: SendMessage, _ refusal: WeirError, _ state: ConversationState, _ session: Session, _ reply: Reply
  ) {
    if request.clientMessageID.isEmpty {
      refuse(refusal, reply)
      if !state.exists { forget(state, in: session) }
      return
    }
    session.pendingRequests += 1
    read(.sent(session.user, clientMessageID: request.clientMessageID)) { [self] result in
      session.pendingRequests -= 1
      switch result {
      case .sent(let record?):
        metrics.messagesDuplicate.add(1)
        acknowledge(request.clientMessageID, record, duplicate: true, reply)
      // It may be stored: refused for good it would be sent anew with another id.
      case .failed(let reason): refuse(Refusal.cannotRead(reason), reply)
      default: refuse(refusal, reply)
      }
      if !state.exists { forget(state, in: session) }
    }
  }

  /// Gives the message its place and its turn.
  private func accept(_ request: SendMessage, into state: ConversationState, _ session: Session) -> Message {
    if state.exists { touch(state) } else { begin(state, title: "") }
    let sequence = state.nextSequence
    // The answer's place is kept free right behind the question.
    state.nextSequence += 2
    state.info.lastSequence = sequence
    session.lastTurnID += 1
    var isResult = false
    if case .toolResult? = request.parts.first?.part { isResult = true }
    var message = Message(
      sequence: sequence, role: isResult ? .tool : .user, parts: request.parts, createdAtMs: effects.wallClockMs,
      turnID: session.lastTurnID, clientMessageID: request.clientMessageID, status: .complete)
    message.toolsJSON = request.toolsJSON
    if state.info.title.isEmpty { state.info.title = Self.title(from: message.text) }
    return message
  }

  /// A name for a conversation: the beginning of the first message's first line.
  static func title(from text: String) -> String {
    // A character may be as long as a message.
    let line = beginning(of: text, bytes: 1600).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    let title = line.count <= 60 ? line : String(line.prefix(59)) + "…"
    return title.utf8.count <= titleBytes ? title : beginning(of: title, bytes: titleBytes - 3) + "…"
  }

  private static var titleBytes: Int { 480 }

  /// The text's whole scalars within so many bytes.
  private static func beginning(of text: String, bytes limit: Int) -> String {
    let bytes = Array(text.utf8.prefix(limit + 1))
    return String(decoding: bytes[..<UTF8Cut.end(in: bytes, from: 0, limit: limit)], as: UTF8.self)
  }

  private func store(
    _ request: SendMessage, _ message: Message, _ record: TurnRecord, _ ticket: Ticket, _ sent: SentRecord,
    _ state: ConversationState, _ session: Session, _ reply: Reply
  ) {
    let user = session.user
    let listedBefore = state.listedAtMs
    var writes: [StoreWrite] = [
      .user(user, session.limits.state), write(state, in: session), .message(user, state.id, message),
      .turn(user, record),
    ]
    var entry = JournalEntry(writes: writes)
    if !request.clientMessageID.isEmpty {
      writes.append(.sent(user, clientMessageID: request.clientMessageID, sent))
      entry = JournalEntry(writes: writes, unlessSent: (user, request.clientMessageID))
      session.markUnderWay(request.clientMessageID)
    }
    let info = state.info
    let begun = effects.now
    state.appendsUnderWay += 1
    state.sendsUnderWay += 1
    session.pendingRequests += 1
    append(entry) { [self] result in
      state.appendsUnderWay -= 1
      state.sendsUnderWay -= 1
      session.pendingRequests -= 1
      defer { state.runIfQuiet() }
      switch result {
      case .committed:
        metrics.ackLatency.record(nanoseconds: effects.now.since(begun).nanoseconds)
        metrics.messagesDurable.add(1)
        state.durable = info
        stored(request, message, record, sent, info, state, session, reply)
      case .exists(let earlier):
        metrics.messagesDuplicate.add(1)
        giveBack(ticket, reply.access, session)
        for other in session.settle(request.clientMessageID, earlier) + [reply] {
          acknowledge(request.clientMessageID, earlier, duplicate: true, other)
        }
        relist(state, instead: listedBefore, session, reply)
      case .failed(let reason):
        giveBack(ticket, reply.access, session)
        let others = request.clientMessageID.isEmpty ? [] : session.settle(request.clientMessageID, nil)
        for other in others + [reply] { refuse(Refusal.notSaved(reason), other) }
        forget(state, in: session)
      }
    }
  }

  /// The journal left an entry out. Entries after it were made as if it had been written: the store's list of
  /// conversations is put right.
  private func relist(
    _ state: ConversationState, instead listedBefore: UInt64?, _ session: Session, _ reply: Reply
  ) {
    guard listedBefore != nil || state.appendsUnderWay > 0 else {
      // A conversation that only this message would have made.
      state.exists = false
      return forget(state, in: session)
    }
    let write = StoreWrite.conversation(session.user, state.info, previousUpdatedAtMs: listedBefore)
    state.listedAtMs = state.info.updatedAtMs
    append(writes: [write], to: state, in: session, Reply(device: nil, requestID: 0)) {}
  }

  /// The message is durable: everybody who should know is told, and its turn begins or waits.
  private func stored(
    _ request: SendMessage, _ message: Message, _ record: TurnRecord, _ sent: SentRecord, _ info: Conversation,
    _ state: ConversationState, _ session: Session, _ reply: Reply
  ) {
    remember(message, in: state)
    acknowledge(request.clientMessageID, sent, duplicate: false, reply)
    if !request.clientMessageID.isEmpty {
      for other in session.settle(request.clientMessageID, sent) {
        acknowledge(request.clientMessageID, sent, duplicate: true, other)
      }
    }
    let added = ServerFrame.Kind.messageAdded(
      .init(conversationID: state.id, message: message, revision: sent.revision))
    for device in state.followers where device !== reply.device { send(added, to: device) }
    for device in session.devices where !device.follows.contains(state.id) {
      send(.conversationChanged(.init(conversation: info)), to: device)
    }
    let turn = Turn(record: record, conversation: state, owner: session, queuedAt: effects.now)
    turn.asker = Turn.Asker(
      reply: reply,
      ack: Ack(
        clientMessageID: request.clientMessageID, conversationID: state.id, sequence: sent.sequence,
        turnID: sent.turnID, revision: sent.revision),
      levels: request.acks)
    turn.tenant = reply.access.tenant
    turn.traceparent = reply.traceparent
    enter(turn, interrupting: request.onConflict == .interrupt, in: session)
  }

  func remember(_ message: Message, in state: ConversationState) {
    let before = state.tailBytes
    state.remember(message)
    state.trimTail(
      maximumMessages: Self.tailMessages, maximumBytes: tailBytes)
    account(state.tailBytes - before)
  }
}
