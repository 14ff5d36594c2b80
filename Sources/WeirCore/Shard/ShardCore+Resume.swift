import WeirWire

// Coming back: to a running answer at an offset, to an answer that has ended, to what a crash cut off.
extension ShardCore {
  func subscribe(_ request: SubscribeTurn, _ device: Device, _ session: Session, _ reply: Reply) {
    if let turn = session.turns[request.turnID] {
      let offset = UTF8Cut.floor(in: turn.log.bytes, offset: Int(clamping: request.offset))
      self.reply(.subscribed(.init(status: turn.status, offset: UInt64(offset))), to: reply)
      rewind(device, to: turn, from: offset)
      return
    }
    session.pendingRequests += 1
    read(.answer(session.user, request.turnID)) { [self] result in
      session.pendingRequests -= 1
      switch result {
      case .answer(let conversation, let message?): subscribed(to: message, request.turnID, in: conversation, reply)
      case .failed(let reason): refuse(Refusal.cannotRead(reason), reply)
      default:
        self.reply(.subscribed(.init(status: TurnStatus(turnID: request.turnID, state: .unknown))), to: reply)
      }
    }
  }

  /// A device says where it is: that counts, also if the server thought it was further.
  private func rewind(_ device: Device, to turn: Turn, from offset: Int) {
    listen(device, to: turn, from: offset)
    device.subscriptions.first { $0.turn === turn }?.cursor = offset
    markDirty(device)
  }

  /// The log is gone; the finished message takes its place.
  private func subscribed(to message: Message, _ turn: TurnID, in conversation: ConversationID, _ reply: Reply) {
    let length = UInt64(message.contentBytes)
    let state: TurnState = message.error == nil ? .finished : .failed
    let status = TurnStatus(turnID: turn, conversationID: conversation, state: state, length: length)
    self.reply(.subscribed(.init(status: status, offset: length, message: message)), to: reply)
  }

  /// Turns that a crash or a restart cut off: those that had begun become interrupted answers with the text that had been
  /// checkpointed; those that waited go on waiting, in their order.
  /// Nothing is changed before all their conversations are in memory; if one cannot be read, `failed` runs and that is all.
  func takeUp(
    _ cut: [CutTurn], in session: Session, failed: @escaping (String) -> Void, then done: @escaping () -> Void
  ) {
    let ids = Set(cut.lazy.filter { !$0.record.isDirect }.map(\.record.conversationID)).sorted()
    var left = ids.count
    var failure: String?
    func answered() {
      left -= 1
      if left > 0 { return }
      for id in ids { session.conversations[id]?.isHeld = false }
      if let failure { failed(failure) } else { takeUp(cut, in: session, then: done) }
    }
    if ids.isEmpty { return takeUp(cut, in: session, then: done) }
    for id in ids {
      withConversation(
        id, in: session,
        failed: { reason in
          failure = reason
          answered()
        },
        { state in
          state.isHeld = true
          answered()
        })
    }
  }

  private func takeUp(_ cut: [CutTurn], in session: Session, then done: @escaping () -> Void) {
    guard !cut.isEmpty else { return done() }
    var left = cut.count
    let byTurn = cut.sorted { $0.record.turnID < $1.record.turnID }
    // All count against the user's limits before the first of them ends.
    for turn in byTurn { session.limits.hold(tokens: turn.record.reservedTokens) }
    func tookUp() {
      left -= 1
      if left == 0 { done() }
    }
    for turn in byTurn {
      session.lastTurnID = max(session.lastTurnID, turn.record.turnID)
      if turn.record.isDirect {
        endDirect(turn, session)
        tookUp()
        continue
      }
      withConversation(turn.record.conversationID, in: session, Reply(device: nil, requestID: 0)) { [self] state in
        if turn.record.isStarted || !state.exists {
          end(turn, in: state, session, then: tookUp)
        } else {
          reenter(turn.record, in: state, session)
          tookUp()
        }
      }
    }
  }

  /// A caller of the HTTP API cannot come back: what is left of the call is what it may have cost.
  private func endDirect(_ cut: CutTurn, _ session: Session) {
    metrics.turnsCut.add(1)
    append(JournalEntry(writes: settle(cut: cut.record, textBytes: 0, in: session), isOwed: true)) { _ in }
  }

  private func reenter(_ record: TurnRecord, in state: ConversationState, _ session: Session) {
    metrics.turnsRequeued.add(1)
    var log = TokenLog()
    if record.baseOffset > 0, let answer = state.tail.first(where: { $0.sequence == record.answerSequence }) {
      log = Self.prefix(answer)
    }
    state.nextSequence = max(state.nextSequence, record.answerSequence &+ 1)
    account(log.count)
    var record = record
    // Whose customer the user was nobody knows until a device comes: it shares its answer with none.
    record.skipsCache = true
    let turn = Turn(record: record, conversation: state, owner: session, prefix: log, queuedAt: effects.now)
    enter(turn, interrupting: false, in: session)
  }

  /// What of an answer another turn goes on with: all up to the first call of a tool, which may be cut in its middle.
  static func prefix(_ answer: Message) -> TokenLog {
    var kept = answer
    if let call = kept.parts.firstIndex(where: { if case .toolCall? = $0.part { true } else { false } }) {
      kept.parts.removeSubrange(call...)
    }
    let logged = kept.logged
    return TokenLog(prefix: logged.bytes, marks: logged.marks)
  }

  private func end(_ cut: CutTurn, in state: ConversationState, _ session: Session, then done: @escaping () -> Void) {
    metrics.turnsCut.add(1)
    let record = cut.record
    let earlier = state.tail.first { $0.sequence == record.answerSequence }
    let prefix = record.baseOffset > 0 ? earlier?.logged : nil
    let base = min(Int(clamping: record.baseOffset), prefix?.bytes.count ?? 0)
    let bytes = (prefix?.bytes.prefix(base) ?? []) + cut.text
    let marks = (prefix?.marks.filter { $0.offset < UInt64(base) } ?? []) + cut.marks
    let parts = Part.parts(of: Array(bytes), marks: marks)
    state.nextSequence = max(state.nextSequence, record.answerSequence &+ 1)
    var writes = settle(cut: record, textBytes: cut.text.count, in: session)
    var changed: [Message] = []
    // Another answer that came to nothing replaces nothing.
    if state.exists, record.replacesTurnID == 0 || !parts.isEmpty {
      let message = Message(
        sequence: record.answerSequence, role: .assistant, parts: parts,
        createdAtMs: effects.wallClockMs, turnID: record.turnID, status: .interrupted, model: record.model,
        error: Refusal.interrupted)
      touch(state)
      state.info.lastSequence = max(state.info.lastSequence, message.sequence)
      changed = record.replacesTurnID == 0 ? [message] : superseded(by: record, in: state) + [message]
      writes += changed.map { .message(session.user, state.id, $0) } + [write(state, in: session)]
    }
    state.appendsUnderWay += 1
    let info = state.info
    append(JournalEntry(writes: writes, isOwed: true)) { [self] result in
      state.appendsUnderWay -= 1
      defer { state.runIfQuiet() }
      // If the store takes no writes, the answer can still be read from memory; the next start tries again.
      for message in changed { remember(message, in: state) }
      if case .failed = result { metrics.refusals.add(1) } else { state.durable = info }
      done()
    }
  }

  func continueTurn(_ request: ContinueTurn, _ session: Session, _ reply: Reply) {
    again(request.conversationID, session, reply) { [self] state in
      guard let answer = state.tail.last, answer.role == .assistant,
        request.turnID == 0 || answer.turnID == request.turnID,
        answer.status == .interrupted || answer.status == .stopped || answer.finishReason == .length,
        let question = state.tail.last(where: { $0.role == .user || $0.role == .tool })
      else { return refuse(Refusal.nothingToContinue, reply) }
      let prefix = Self.prefix(answer)
      let record = TurnRecord(
        turnID: session.lastTurnID + 1, conversationID: state.id, questionSequence: question.sequence,
        answerSequence: answer.sequence, model: policy.model(answer.model)?.name ?? "",
        continuesTurnID: answer.turnID, baseOffset: UInt64(prefix.count), createdAtMs: effects.wallClockMs)
      begin(record, prefix: prefix, in: state, session, reply)
    }
  }

  func regenerate(_ request: RegenerateTurn, _ session: Session, _ reply: Reply) {
    again(request.conversationID, session, reply) { [self] state in
      guard let question = state.tail.last(where: { $0.role == .user || $0.role == .tool }) else {
        return refuse(Refusal.nothingToRegenerate, reply)
      }
      let answer = state.tail.last { $0.role == .assistant && $0.sequence > question.sequence }
      if request.turnID != 0, request.turnID != question.turnID, request.turnID != answer?.turnID {
        return refuse(Refusal.nothingToRegenerate, reply)
      }
      let record = TurnRecord(
        turnID: session.lastTurnID + 1, conversationID: state.id, questionSequence: question.sequence,
        answerSequence: state.nextSequence, model: request.model,
        replacesTurnID: answer?.turnID ?? 0, createdAtMs: effects.wallClockMs)
      begin(record, prefix: TokenLog(), in: state, session, reply)
    }
  }

  /// What continue and regenerate share: the conversation is there and at rest.
  private func again(
    _ id: ConversationID, _ session: Session, _ reply: Reply, _ body: @escaping (ConversationState) -> Void
  ) {
    guard Self.isValid(conversationID: id) else { return refuse(Self.badConversationID, reply) }
    withConversation(id, in: session, reply) { [self] state in
      if !state.exists {
        refuse(Refusal.noConversation(id), reply)
        return forget(state, in: session)
      }
      if isDraining { return refuse(Refusal.shuttingDown, reply) }
      if isMemoryFull { return refuse(Refusal.memoryFull, reply) }
      if state.isBusy { return refuse(Refusal.turnRunning, reply) }
      body(state)
    }
  }

  /// Makes a turn without a new question durable, acknowledges it, and lets it in.
  private func begin(
    _ record: TurnRecord, prefix: TokenLog, in state: ConversationState, _ session: Session, _ reply: Reply
  ) {
    let ticket: Ticket
    do throws(WeirError) {
      let wish = Wish(model: record.model, promptBytes: state.tailBytes, promptMessages: state.tail.count)
      ticket = try admit(wish, reply.access, session)
    } catch {
      return refuse(error, reply)
    }
    var record = record
    record.take(ticket)
    state.nextSequence = max(state.nextSequence, record.answerSequence &+ 1)
    session.lastTurnID = record.turnID
    touch(state)
    let revision = state.info.revision
    let writes: [StoreWrite] = [
      .user(session.user, session.limits.state), write(state, in: session), .turn(session.user, record),
    ]
    let undo = { [self] in giveBack(ticket, reply.access, session) }
    append(writes: writes, to: state, in: session, reply, failed: undo) { [self] in
      let ack = Ack(
        level: .durable, conversationID: state.id, sequence: record.answerSequence, turnID: record.turnID,
        revision: revision)
      self.reply(.ack(ack), to: reply)
      if let device = reply.device { follow(state, device) }
      let turn = Turn(record: record, conversation: state, owner: session, prefix: prefix, queuedAt: effects.now)
      turn.tenant = reply.access.tenant
      turn.traceparent = reply.traceparent
      account(prefix.count)
      enter(turn, interrupting: false, in: session)
    }
  }
}
