import WeirWire

// A turn's life: it waits, is called for, streams, ends, and its end becomes durable.
extension ShardCore {
  /// A turn whose question is durable takes its place in its conversation.
  func enter(_ turn: Turn, interrupting: Bool, in session: Session) {
    session.turns[turn.id] = turn
    metrics.turnsQueued.add(1)
    let state = turn.conversation
    state.waiting.append(turn)
    for device in state.followers { listen(device, to: turn, from: turn.log.count) }
    if turn.subscriptions.isEmpty { turn.unheardSince = effects.now }
    if state.running != nil { tellPlace(turn, state.waiting.count) }
    if interrupting, let running = state.running, running.isLive {
      // Its end, once durable, calls for the next.
      return finish(running, .stopped, usage: nil, in: session)
    }
    callNext(state, in: session)
  }

  /// Sends the next waiting turn of a conversation to the dispatcher, if none is there.
  private func callNext(_ state: ConversationState, in session: Session) {
    if case .deleting = state.phase { return }
    guard state.running == nil, !state.waiting.isEmpty, !isDraining else { return }
    let turn = state.waiting.removeFirst()
    state.running = turn
    if isTooLate(turn) { return fail(turn, Refusal.tooLate, in: session) }
    turn.phase = .submitted
    let request = request(turn, call: calls.add(turn), in: session)
    turn.call = request.callID
    submit(request, for: turn)
    for (place, waiting) in state.waiting.enumerated() { tellPlace(waiting, place + 1) }
  }

  /// Tells how many turns of its own conversation go before one.
  private func tellPlace(_ turn: Turn, _ place: Int) {
    let position = QueuePosition(
      turnID: turn.id, position: UInt32(place), lane: turn.record.lane, reason: .conversation)
    tell(.queuePosition(position), turn)
  }

  /// What the provider is asked for a turn whose time has come.
  private func request(_ turn: Turn, call: CallID, in session: Session) -> UpstreamRequest {
    let state = turn.conversation
    // A model that the operator has taken away is called by its name: the dispatcher says that there is none.
    let model = policy.model(turn.record.model) ?? ModelPolicy(name: turn.record.model)
    turn.record.promptVersion = model.promptVersion
    var prompt: [PromptMessage]
    var parameters = model.parameters
    if let direct = turn.direct {
      prompt = direct.messages
      parameters = direct.parameters.over(model.parameters)
      if !model.systemPrompt.isEmpty, !prompt.contains(where: { $0.role == .system }) {
        prompt.insert(PromptMessage(role: .system, text: model.systemPrompt), at: 0)
      }
    } else {
      let question = turn.record.questionSequence
      let end = state.tail.lastIndex { $0.sequence <= question }.map { $0 + 1 } ?? 0
      let continuing = turn.log.count > 0 ? Message(parts: turn.log.parts).text : nil
      prompt = PromptBuilder(model).prompt(for: state.tail[..<end], continuing: continuing)
      if let tools = state.tail[..<end].last(where: { !$0.toolsJSON.isEmpty })?.toolsJSON {
        // An empty list takes the tools away.
        parameters.toolsJSON = tools.contains("{") ? tools : ""
      }
    }
    turn.record.promptTokens = UInt64(prompt.reduce(0) { $0 + $1.estimatedTokens })
    var request = UpstreamRequest(
      callID: call, shard: index, user: session.user, model: turn.record.model, messages: prompt,
      traceID: "\(state.id)-\(turn.id)")
    request.parameters = parameters
    request.tenant = turn.tenant
    request.lane = policy.lane(turn.record.lane) ?? policy.lanes.count - 1
    request.mayResumeElsewhere = policy.lanes[request.lane].resumesElsewhere
    // No answer is longer than the model's context, whatever the caller lets it have.
    request.cost =
      Int(clamping: turn.record.promptTokens) + min(parameters.maximumTokens ?? model.answerTokens, model.contextTokens)
    if turn.record.startByMs > 0 {
      let now = effects.wallClockMs
      let left = turn.record.startByMs > now ? turn.record.startByMs - now : 0
      // A stored time may be absurd.
      request.startBy = effects.now + .milliseconds(min(left, 1 << 40))
    }
    request.traceparent = TraceContext.child(of: turn.traceparent, effects.random)
    request.cacheKey = cacheKey(request, of: turn)
    return request
  }

  /// What one wake-up of the upstream thread brought.
  package func upstreamDelivered(_ batch: UpstreamBatch) {
    var taken = 0
    var grown = 0
    let events = batch.events.span
    for index in 0..<events.count {
      let turn = calls[events[index].callID]
      // Nearly all of them. Read in place, because an event is large where it is anything else.
      if case .text(let length) = events[index].kind {
        let end = taken + length
        if let turn, turn.isLive {
          grew(turn, by: batch.text.span.extracting(taken..<end))
          grown += length
        }
        taken = end
        continue
      }
      switch events[index].kind {
      case .text: continue
      case .queued(let position, let lane, let reason, let estimate):
        if let turn {
          tell(
            .queuePosition(
              .init(
                turnID: turn.id, position: UInt32(clamping: position), lane: policy.laneName(lane),
                estimateMs: UInt32(clamping: estimate), reason: reason)), turn)
        }
      case .sent: turn?.wasSent = true
      case .started(let model, _, let isShared):
        if let turn { begun(turn, model: model, isCached: isShared) }
      case .pays: turn?.isCached = false
      case .part(let mark):
        if let turn, turn.isLive {
          let before = turn.log.count
          turn.log.begin(mark)
          grown += turn.log.count - before
        }
      case .signature(let signature):
        if let turn, turn.isLive { turn.log.sign(signature) }
      case .seam(let reason, let from, let to):
        if let turn, turn.isLive {
          let seam = TurnSeam(
            turnID: turn.id, offset: UInt64(turn.log.count), reason: reason, fromEndpoint: from, toEndpoint: to)
          tell(.turnSeam(seam), turn)
        }
      case .finished(let reason, let usage):
        if let turn, let session = callEnded(turn) { finish(turn, reason, usage: usage, in: session) }
      case .failed(let error):
        if let turn, let session = callEnded(turn) { fail(turn, error, in: session) }
      }
    }
    if grown > 0 { account(grown) }
  }

  /// The provider is done with the turn: there is nothing left to cancel.
  private func callEnded(_ turn: Turn) -> Session? {
    if let call = turn.call { calls.remove(call) }
    turn.call = nil
    return turn.owner
  }

  /// The answer has its place at a provider, or has been found in the cache. What devices may see of it from now on would
  /// be contradicted if a crash made it run again, so the store must know first; that takes no longer than a provider
  /// needs for a first token.
  func begun(_ turn: Turn, model: String, isCached: Bool) {
    guard turn.isLive, !turn.hasBegun, let session = turn.owner else { return }
    turn.phase = .running
    turn.model = model
    turn.isCached = isCached
    turn.record.isStarted = true
    append(JournalEntry(writes: [.turn(session.user, turn.record)], isOwed: true)) { [self] result in
      if case .failed(let why) = result {
        if turn.isLive { fail(turn, Refusal.notSaved(why), in: session) }
        return
      }
      turn.isStartDurable = true
      for subscription in turn.subscriptions { markDirty(subscription.device) }
    }
    metrics.turnsQueued.add(-1)
    metrics.turnsRunning.add(1)
    metrics.turnsStarted.add(1)
    let frame = TurnStarted(
      turnID: turn.id, conversationID: turn.conversation.id, questionSequence: turn.record.questionSequence,
      answerSequence: turn.record.answerSequence, model: model, continuesTurnID: turn.record.continuesTurnID,
      replacesTurnID: turn.record.replacesTurnID, offset: turn.record.baseOffset, cached: isCached)
    tell(.turnStarted(frame), turn)
    acknowledge(turn, .started)
  }

  private func acknowledge(_ turn: Turn, _ level: AckLevel) {
    guard var asker = turn.asker, asker.levels.contains(level) else { return }
    asker.ack.level = level
    reply(.ack(asker.ack), to: asker.reply)
  }

  /// Tells all who listen to the turn.
  private func tell(_ frame: ServerFrame.Kind, _ turn: Turn) {
    for subscription in turn.subscriptions { send(frame, to: subscription.device) }
  }

  /// The answer has ended well, or somebody stopped it.
  func finish(_ turn: Turn, _ reason: FinishReason, usage: Usage?, in session: Session) {
    guard turn.isLive else { return }
    if reason == .stopped { metrics.turnsStopped.add(1) } else { metrics.turnsFinished.add(1) }
    end(turn, status: reason == .stopped ? .stopped : .complete, reason: reason, usage: usage, error: nil, in: session)
  }

  /// The answer has broken off.
  func fail(_ turn: Turn, _ error: WeirError, in session: Session) {
    guard turn.isLive else { return }
    metrics.turnsFailed.add(1)
    end(turn, status: .interrupted, reason: .unspecified, usage: nil, error: error, in: session)
  }

  private func end(
    _ turn: Turn, status: MessageStatus, reason: FinishReason, usage: Usage?, error: WeirError?, in session: Session
  ) {
    let state = turn.conversation
    leaveDispatcher(turn)
    turn.phase = .ending
    state.waiting.removeAll { $0 === turn }
    let before = turn.log.count
    turn.log.close()
    if turn.log.count > before { account(turn.log.count - before) }
    let told = usage
    let usage = self.usage(of: turn, told: told, failed: error != nil)
    if turn.subscriptions.isEmpty { metrics.tokensUnheard.add(Int(clamping: usage.outputTokens)) }
    var answer = Message(
      sequence: turn.record.answerSequence, role: .assistant, parts: turn.log.parts, createdAtMs: effects.wallClockMs,
      turnID: turn.id, status: status, finishReason: reason, usage: usage, model: turn.model, error: error)
    answer.promptVersion = turn.record.promptVersion
    answer.cached = turn.isCached
    var writes = settle(turn, usage: usage, failed: error != nil, in: session)
    if error == nil, let kept = keep(turn, reason, told) { writes.append(kept) }
    if turn.record.isDirect { return endDirect(turn, answer, writes, in: session) }
    touch(state)
    var changed: [Message] = []
    if turn.record.replacesTurnID != 0 {
      // Another answer that came to nothing replaces nothing.
      if turn.log.count > 0 {
        changed = superseded(by: turn.record, in: state) + [answer]
      }
    } else {
      changed = [answer]
    }
    if let last = changed.last { state.info.lastSequence = max(state.info.lastSequence, last.sequence) }
    state.nextSequence = max(state.nextSequence, turn.record.answerSequence + 1)
    writes += changed.map { StoreWrite.message(session.user, state.id, $0) } + [write(state, in: session)]
    turn.ending = nil
    let frame = ending(turn, answer, kept: !changed.isEmpty, revision: state.info.revision)
    let info = state.info
    state.appendsUnderWay += 1
    append(JournalEntry(writes: writes, isOwed: true)) { [self] result in
      state.appendsUnderWay -= 1
      defer { state.runIfQuiet() }
      if case .failed(let why) = result {
        ended(turn, .turnFailed(notSaved(turn, why)), isSaved: false, in: session)
      } else {
        state.durable = info
        for message in changed { remember(message, in: state) }
        for device in session.devices where !device.follows.contains(state.id) {
          send(.conversationChanged(.init(conversation: info)), to: device)
        }
        ended(turn, frame, isSaved: true, in: session)
      }
    }
  }

  /// An answer of the HTTP API has ended: nothing is kept of it but what it cost.
  private func endDirect(_ turn: Turn, _ answer: Message, _ writes: [StoreWrite], in session: Session) {
    turn.ending = nil
    append(JournalEntry(writes: writes, isOwed: true)) { [self] result in
      if case .failed(let why) = result {
        ended(turn, .turnFailed(notSaved(turn, why)), isSaved: false, in: session)
      } else {
        ended(turn, ending(turn, answer, kept: false, revision: 0), isSaved: true, in: session)
      }
    }
  }

  private func notSaved(_ turn: Turn, _ why: String) -> TurnFailed {
    TurnFailed(
      turnID: turn.id, conversationID: turn.conversation.id, error: Refusal.notSaved(why),
      length: UInt64(turn.log.count))
  }

  private func ending(_ turn: Turn, _ answer: Message, kept: Bool, revision: UInt64) -> ServerFrame.Kind {
    if let error = answer.error {
      return .turnFailed(
        TurnFailed(
          turnID: turn.id, conversationID: turn.conversation.id, error: error,
          partialKept: kept && turn.log.count > 0, sequence: kept ? answer.sequence : 0,
          length: UInt64(turn.log.count), revision: revision))
    }
    return .turnFinished(
      TurnFinished(
        turnID: turn.id, conversationID: turn.conversation.id, reason: answer.finishReason, usage: answer.usage,
        sequence: answer.sequence, length: UInt64(turn.log.count), revision: revision, cached: turn.isCached))
  }

  /// The answers to the same question, marked as replaced. Behind them there may be other questions with their answers.
  func superseded(by record: TurnRecord, in state: ConversationState) -> [Message] {
    let question = record.questionSequence
    let next = state.tail.first { $0.sequence > question && $0.role != .assistant }?.sequence ?? .max
    return state.tail.compactMap { message in
      guard message.sequence > question, message.sequence < next, message.role == .assistant,
        message.status != .superseded, message.sequence != record.answerSequence
      else { return nil }
      var old = message
      old.status = .superseded
      return old
    }
  }

  /// The end is durable, or cannot be made so: devices are told once they have all the text, and the conversation goes on.
  private func ended(_ turn: Turn, _ frame: ServerFrame.Kind, isSaved: Bool, in session: Session) {
    turn.phase = .ended(at: effects.now)
    turn.ending = frame
    for subscription in turn.subscriptions { markDirty(subscription.device) }
    if isSaved {
      // It is not made anew any more, whether its beginning was saved or not.
      turn.isStartDurable = true
      acknowledge(turn, .done)
    }
    turn.asker = nil
    if turn.conversation.running === turn { turn.conversation.running = nil }
    callNext(turn.conversation, in: session)
  }

  func leaveDispatcher(_ turn: Turn) {
    if case .running = turn.phase { metrics.turnsRunning.add(-1) } else { metrics.turnsQueued.add(-1) }
    if let call = turn.call {
      effects.cancel(call)
      calls.remove(call)
      turn.call = nil
    }
  }

  /// The turn's conversation is being deleted: it ends without a trace but what it cost. Returns the writes that settle it.
  func discard(_ turn: Turn, in session: Session) -> [StoreWrite] {
    leaveDispatcher(turn)
    let writes = settle(turn, usage: usage(of: turn, told: nil, failed: false), failed: false, in: session)
    let frame = TurnFailed(
      turnID: turn.id, conversationID: turn.conversation.id, error: Refusal.noConversation(turn.conversation.id))
    turn.conversation.waiting.removeAll { $0 === turn }
    if turn.conversation.running === turn { turn.conversation.running = nil }
    turn.phase = .ended(at: effects.now)
    turn.ending = .turnFailed(frame)
    for subscription in turn.subscriptions { markDirty(subscription.device) }
    return writes
  }

  func stop(_ request: StopTurn, _ session: Session, _ reply: Reply) {
    guard let turn = session.turns[request.turnID], turn.isLive else {
      return refuse(Refusal.noTurn(request.turnID), reply)
    }
    if let device = reply.device { listen(device, to: turn, from: turn.log.count) }
    finish(turn, .stopped, usage: nil, in: session)
  }
}
