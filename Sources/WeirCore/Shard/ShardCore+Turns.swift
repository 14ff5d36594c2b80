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
    if interrupting, let running = state.running, running.isLive {
      // Its end, once durable, calls for the next.
      return finish(running, .stopped, usage: nil, in: session)
    }
    callNext(state, in: session)
  }

  /// Sends the next waiting turn of a conversation to the dispatcher, if none is there.
  private func callNext(_ state: ConversationState, in session: Session) {
    guard state.running == nil, !state.waiting.isEmpty, !isDraining else { return }
    let turn = state.waiting.removeFirst()
    state.running = turn
    turn.phase = .submitted
    let call = calls.add(turn)
    turn.call = call
    let question = turn.record.questionSequence
    let end = state.tail.lastIndex { $0.sequence <= question }.map { $0 + 1 } ?? 0
    let prompt = prompts.prompt(for: state.tail[..<end], continuing: turn.log.count > 0 ? turn.log.text : nil)
    turn.promptTokens = prompt.reduce(0) { $0 + TokenEstimate.tokens(ofMessage: $1.text) }
    let request = UpstreamRequest(
      callID: call, shard: index, user: session.user, model: turn.record.model, messages: prompt,
      traceID: "\(state.id)-\(turn.id)")
    effects.submit(request)
    for (place, waiting) in state.waiting.enumerated() {
      tell(.queuePosition(.init(turnID: waiting.id, position: UInt32(place + 1), lane: "conversation")), waiting)
    }
  }

  /// What one wake-up of the upstream thread brought.
  package func upstreamDelivered(_ batch: UpstreamBatch) {
    var taken = 0
    var grown = 0
    for event in batch.events {
      let turn = calls[event.callID]
      switch event.kind {
      case .text(let length):
        let end = taken + length
        if let turn, turn.isLive {
          grew(turn, by: batch.text[taken..<end])
          grown += length
        }
        taken = end
      case .queued(let position, let lane, let estimate):
        if let turn {
          tell(
            .queuePosition(
              .init(
                turnID: turn.id, position: UInt32(clamping: position), lane: lane,
                estimateMs: UInt32(clamping: estimate))), turn)
        }
      case .started(let model):
        if let turn { started(turn, model: model) }
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

  private func started(_ turn: Turn, model: String) {
    guard turn.isLive else { return }
    turn.phase = .running
    turn.model = model
    metrics.turnsQueued.add(-1)
    metrics.turnsRunning.add(1)
    metrics.turnsStarted.add(1)
    let frame = TurnStarted(
      turnID: turn.id, conversationID: turn.conversation.id, questionSequence: turn.record.questionSequence,
      answerSequence: turn.record.answerSequence, model: model, continuesTurnID: turn.record.continuesTurnID,
      replacesTurnID: turn.record.replacesTurnID, offset: turn.record.baseOffset)
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
    let usage = usage ?? estimate(turn)
    if turn.subscriptions.isEmpty { metrics.tokensUnheard.add(Int(usage.outputTokens)) }
    let answer = Message(
      sequence: turn.record.answerSequence, role: .assistant,
      parts: turn.log.count > 0 ? [.text(turn.log.text)] : [], createdAtMs: effects.wallClockMs, turnID: turn.id,
      status: status, finishReason: reason, usage: usage, model: turn.model, error: error)
    touch(state)
    var changed: [Message] = []
    if turn.record.replacesTurnID != 0 {
      // Another answer that came to nothing replaces nothing.
      if turn.log.count > 0 {
        changed = superseded(by: turn, in: state) + [answer]
      }
    } else {
      changed = [answer]
    }
    if let last = changed.last { state.info.lastSequence = max(state.info.lastSequence, last.sequence) }
    state.nextSequence = max(state.nextSequence, turn.record.answerSequence + 1)
    let writes =
      changed.map { StoreWrite.message(session.user, state.id, $0) } + [
        write(state, in: session), .endTurn(session.user, turn.id),
      ]
    turn.ending = nil
    let frame = ending(turn, answer, kept: !changed.isEmpty, revision: state.info.revision)
    let info = state.info
    state.appendsUnderWay += 1
    append(JournalEntry(writes: writes)) { [self] result in
      state.appendsUnderWay -= 1
      if case .failed(let why) = result {
        ended(turn, .turnFailed(notSaved(turn, why)), in: session)
      } else {
        for message in changed { remember(message, in: state) }
        for device in session.devices where !device.follows.contains(state.id) {
          send(.conversationChanged(.init(conversation: info)), to: device)
        }
        ended(turn, frame, in: session)
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
        sequence: answer.sequence, length: UInt64(turn.log.count), revision: revision))
  }

  /// The answers to the same question, marked as replaced.
  private func superseded(by turn: Turn, in state: ConversationState) -> [Message] {
    state.tail.compactMap { message in
      guard message.sequence > turn.record.questionSequence, message.role == .assistant,
        message.status != .superseded, message.sequence != turn.record.answerSequence
      else { return nil }
      var old = message
      old.status = .superseded
      return old
    }
  }

  /// The end is durable: devices are told once they have all the text, and the conversation goes on.
  private func ended(_ turn: Turn, _ frame: ServerFrame.Kind, in session: Session) {
    turn.phase = .ended(at: effects.now)
    turn.ending = frame
    for subscription in turn.subscriptions { markDirty(subscription.device) }
    acknowledge(turn, .done)
    turn.asker = nil
    if turn.conversation.running === turn { turn.conversation.running = nil }
    callNext(turn.conversation, in: session)
  }

  private func leaveDispatcher(_ turn: Turn) {
    if case .running = turn.phase { metrics.turnsRunning.add(-1) } else { metrics.turnsQueued.add(-1) }
    if let call = turn.call {
      effects.cancel(call)
      calls.remove(call)
      turn.call = nil
    }
  }

  /// The turn's conversation is being deleted: it ends without a trace.
  func discard(_ turn: Turn, in session: Session) {
    leaveDispatcher(turn)
    let frame = TurnFailed(
      turnID: turn.id, conversationID: turn.conversation.id, error: Refusal.noConversation(turn.conversation.id))
    turn.conversation.waiting.removeAll { $0 === turn }
    if turn.conversation.running === turn { turn.conversation.running = nil }
    turn.phase = .ended(at: effects.now)
    turn.ending = .turnFailed(frame)
    for subscription in turn.subscriptions { markDirty(subscription.device) }
  }

  /// Where the provider told nothing, or was cut off: a guess from the text.
  private func estimate(_ turn: Turn) -> Usage {
    let written = TokenEstimate.tokens(ofBytes: turn.log.count - Int(turn.record.baseOffset))
    return Usage(
      inputTokens: UInt64(turn.promptTokens), outputTokens: UInt64(max(0, written)), estimated: true)
  }

  func stop(_ request: StopTurn, _ session: Session, _ reply: Reply) {
    guard let turn = session.turns[request.turnID], turn.isLive else {
      return refuse(Refusal.noTurn(request.turnID), reply)
    }
    if let device = reply.device { listen(device, to: turn, from: turn.log.count) }
    finish(turn, .stopped, usage: nil, in: session)
  }
}
