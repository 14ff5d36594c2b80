import WeirWire

/// A call of the HTTP API: the whole conversation comes with it and nothing of it is kept but what it cost.
package struct DirectCall: Sendable {
  /// Empty: the default.
  package var model = ""
  package var messages: [PromptMessage] = []
  /// What is not set here is as the model is configured.
  package var parameters = CallParameters()
  /// Empty: the best that the token allows.
  package var lane = ""
  /// The answer must begin within so many milliseconds; 0: the lane's own limit.
  package var deadlineMs: UInt64 = 0
  package var skipsCache = false
  /// The trace context it came with (W3C Trace Context); empty: none.
  package var traceparent = ""

  package init() {}
}

// Callers of the HTTP API. Their calls are turns like others, with the same lanes, limits, budgets, cache and retries, in
// a conversation that exists for one turn only.
extension ShardCore {
  /// Answers a call. The link is sent `TurnStarted`, Deltas and `TurnFinished` or `TurnFailed`, or an `Error` if the call
  /// is refused. When the caller goes away, `disconnected` ends the answer.
  /// Returns nil after closing the link, if the user is being erased.
  package func complete(_ call: DirectCall, user: UserID, access: Access, link: any DeviceLink) -> Device? {
    if isErasing(user) {
      link.close(Self.erasure)
      return nil
    }
    let session = session(of: user)
    let device = Device(link: link, session: session, access: access, traceparent: call.traceparent, isDirect: true)
    session.devices.append(device)
    session.lastUsed = effects.now
    notePlan(of: device, in: session)
    scheduleHousekeeping()
    if case .ready = session.phase {
      begin(call, device, session)
    } else if session.earlyCalls.count < settings.maximumPendingRequests {
      session.earlyCalls.append((device, call))
    } else {
      refuse(
        Refusal.tooManyRequests(limit: settings.maximumPendingRequests), Reply(device: device, requestID: 0))
    }
    return device
  }

  func begin(_ call: DirectCall, _ device: Device, _ session: Session) {
    let reply = Reply(device: device, requestID: 0)
    let ticket: Ticket
    do throws(WeirError) {
      ticket = try self.ticket(for: call, device, session)
    } catch {
      return refuse(error, reply)
    }
    session.lastTurnID += 1
    var record = TurnRecord(
      turnID: session.lastTurnID, conversationID: "", questionSequence: 0, answerSequence: 0, model: ticket.model,
      createdAtMs: effects.wallClockMs)
    record.take(ticket)
    record.skipsCache = call.skipsCache
    record.isDirect = true
    let state = ConversationState(id: "", now: effects.now)
    state.phase = .ready
    let turn = Turn(record: record, conversation: state, owner: session, queuedAt: effects.now)
    turn.direct = call
    turn.tenant = device.access.tenant
    turn.traceparent = call.traceparent
    let entry = JournalEntry(writes: [.user(session.user, session.limits.state), .turn(session.user, record)])
    session.pendingRequests += 1
    append(entry) { [self] result in
      session.pendingRequests -= 1
      if case .failed(let why) = result {
        giveBack(ticket, device.access, session)
        return refuse(Refusal.notSaved(why), reply)
      }
      if device.isConnected { listen(device, to: turn, from: 0) }
      enter(turn, interrupting: false, in: session)
      // Nobody is left to answer.
      if !device.isConnected { finish(turn, .stopped, usage: nil, in: session) }
    }
  }

  private func ticket(for call: DirectCall, _ device: Device, _ session: Session) throws(WeirError) -> Ticket {
    if isDraining { throw Refusal.shuttingDown }
    if isMemoryFull { throw Refusal.memoryFull }
    let bytes = call.messages.reduce(0) { $0 + $1.estimatedBytes }
    let wish = Wish(
      model: call.model, lane: call.lane, deadlineMs: call.deadlineMs, promptBytes: bytes,
      promptMessages: call.messages.count, answerTokens: call.parameters.maximumTokens)
    return try admit(wish, device.access, session)
  }
}

extension PromptMessage {
  var estimatedBytes: Int {
    text.utf8.count + toolCalls.reduce(0) { $0 + $1.name.utf8.count + $1.arguments.utf8.count }
  }
}

extension CallParameters {
  /// These, and where they say nothing, `others`.
  func over(_ others: CallParameters) -> CallParameters {
    var both = self
    both.temperature = temperature ?? others.temperature
    both.topP = topP ?? others.topP
    both.maximumTokens = maximumTokens ?? others.maximumTokens
    both.seed = seed ?? others.seed
    if stop.isEmpty { both.stop = others.stop }
    if toolsJSON.isEmpty { both.toolsJSON = others.toolsJSON }
    if toolChoiceJSON.isEmpty { both.toolChoiceJSON = others.toolChoiceJSON }
    if responseFormatJSON.isEmpty { both.responseFormatJSON = others.responseFormatJSON }
    both.hidesReasoning = hidesReasoning || others.hidesReasoning
    return both
  }
}
