package import WeirWire

// What the server says, and what it means for the streams.
extension Session {
  /// Takes one frame from the server.
  package mutating func received(_ frame: ServerFrame, now: Duration) {
    guard isOpen else { return }
    let requestID = frame.requestID
    switch frame.frame {
    case .delta(let delta): received(delta)
    case .welcome(let welcome): welcomed(welcome, now: now)
    case .conversationOpened(let opened):
      let value = OpenedConversation(opened)
      follow(value.conversation.id)
      answered(requestID, .opened(value))
    case .conversationList(let list): answered(requestID, .conversations(ConversationPage(list)))
    case .conversationChanged(let changed):
      let conversation = ChatConversation(changed.conversation ?? Conversation())
      answered(requestID, .changed(conversation))
      effects.append(.event(.conversationChanged(conversation)))
    case .conversationDeleted(let deleted):
      followed.removeAll { $0 == deleted.conversationID }
      answered(requestID, .deleted)
      effects.append(.event(.conversationDeleted(deleted.conversationID)))
    case .historyPage(let page): answered(requestID, .history(ChatHistoryPage(page)))
    case .ack(let ack): received(ack, requestID: requestID)
    case .messageAdded(let added):
      let message = ChatMessage(added.message ?? Message())
      effects.append(
        .event(.messageAdded(conversationID: added.conversationID, message, revision: added.revision)))
    case .turnStarted(let started): received(started, requestID: requestID)
    case .queuePosition(let position): received(position, requestID: requestID)
    case .turnFinished(let finished):
      let event = TurnEvent.finished(FinishedTurn(finished))
      ended(finished.turnID, requestID: requestID, length: finished.length, with: event)
    case .turnFailed(let failed):
      let event = TurnEvent.failed(FailedTurn(failed))
      ended(failed.turnID, requestID: requestID, length: failed.partialKept ? failed.length : nil, with: event)
    case .subscribed(let subscribed): received(subscribed)
    case .turnSeam(let seam): received(seam)
    case .usageReport(let report): answered(requestID, .usage(PlanUsage(report)))
    // What only operators are sent is no news to a user's device.
    case .pong, .serverState, nil: break
    case .error(let error): refused(requestID, WeirClientError(error))
    case .goodbye(let message): goodbye(message)
    }
  }

  // MARK: Text

  private mutating func received(_ delta: Delta) {
    let bytes = delta.text.utf8.count
    guard let id = streamOfTurn[delta.turnID] else {
      decline(delta.turnID)
      grant(credit.refund(bytes))
      return
    }
    announceStart(id, turnID: delta.turnID, offset: delta.offset)
    guard let outcome = streams[id]?.track.receive(AnswerPiece(delta), turnID: delta.turnID) else { return }
    let handedOn = outcome.pieces.reduce(0) { $0 + $1.answerBytes }
    if handedOn < bytes { grant(credit.refund(bytes - handedOn)) }
    apply(outcome, to: id, turnID: delta.turnID)
  }

  private mutating func received(_ subscribed: Subscribed) {
    guard let status = subscribed.status, let id = streamOfTurn[status.turnID] else { return }
    let turnID = status.turnID
    if status.state == .unknown {
      forgottenTurn(turnID)
      return
    }
    if let stream = streams[id], stream.conversationID.isEmpty {
      streams[id]?.conversationID = status.conversationID
      follow(status.conversationID)
    }
    if let message = subscribed.message {
      let whole = ChatMessage(message)
      announceStart(id, turnID: turnID, offset: 0, model: whole.model)
      let end = TurnEvent(end: whole, turnID: turnID, conversationID: status.conversationID)
      if let outcome = streams[id]?.track.receiveWhole(whole.parts, end: end, turnID: turnID) {
        apply(outcome, to: id, turnID: turnID)
      }
    } else if let outcome = streams[id]?.track.subscribed(from: subscribed.offset, turnID: turnID) {
      apply(outcome, to: id, turnID: turnID)
    }
  }

  private mutating func apply(_ outcome: TurnTrack.Outcome, to id: StreamID, turnID: UInt64) {
    if !outcome.pieces.isEmpty {
      for piece in outcome.pieces {
        credit.received(piece.answerBytes)
        effects.append(.turn(id, piece))
      }
      pauseOrResumeReading()
    }
    if let end = outcome.end {
      effects.append(.turn(id, end))
      remove(id)
    } else if let offset = outcome.ask {
      subscribe(id, turnID: turnID, from: offset)
    }
  }

  /// Text that nobody reads is not worth its bytes.
  private mutating func decline(_ turnID: UInt64) {
    if declined.count >= 1_024 { declined = [] }
    if declined.insert(turnID).inserted { send(.unsubscribeTurn(UnsubscribeTurn(turnID: turnID))) }
  }

  // MARK: Turns

  private mutating func received(_ ack: Ack, requestID: UInt64) {
    guard let id = streamAsking(with: requestID) ?? streamSending(ack.clientMessageID), var stream = streams[id]
    else { return }
    // Accepted is not safe yet: the message stays until it is on disk.
    guard ack.level == .durable || ack.level == .started || ack.level == .done, ack.turnID != 0 else { return }
    var attempts = 1
    if case .unacknowledged(_, _, let sent) = stream.stage { attempts = sent }
    stream.conversationID = ack.conversationID
    stream.stage = .known(turnID: ack.turnID)
    streams[id] = stream
    settle(id)
    follow(ack.conversationID)
    effects.append(.turn(id, .acked(AckedMessage(ack))))
    let mayHaveMissed = ack.duplicate || attempts > 1 || declined.contains(ack.turnID)
    adopt(id, turnID: ack.turnID, asks: mayHaveMissed)
  }

  private mutating func received(_ started: TurnStarted, requestID: UInt64) {
    var value = StartedTurn(started)
    if let id = streamAsking(with: requestID), case .asking = streams[id]?.stage {
      learn(id, turnID: started.turnID)
    }
    guard let id = streamOfTurn[started.turnID] else {
      effects.append(.event(.turnStarted(value)))
      if streamOfTurn[started.turnID] == nil { decline(started.turnID) }
      return
    }
    guard var stream = streams[id] else { return }
    stream.track.begin(at: started.offset)
    let isNew = !stream.hasStarted
    stream.hasStarted = true
    if stream.conversationID.isEmpty { stream.conversationID = started.conversationID }
    streams[id] = stream
    // Where this stream's text begins: after a reconnect that can be before the answer's own beginning.
    value.offset = stream.track.position ?? started.offset
    if isNew { effects.append(.turn(id, .started(value))) }
  }

  private mutating func received(_ position: QueuePosition, requestID: UInt64) {
    if let id = streamAsking(with: requestID), case .asking = streams[id]?.stage {
      learn(id, turnID: position.turnID)
    }
    guard let id = streamOfTurn[position.turnID] else { return }
    effects.append(.turn(id, .queued(QueuedTurn(position))))
  }

  private mutating func received(_ seam: TurnSeam) {
    let value = ChangedEndpoint(seam)
    guard let id = streamOfTurn[seam.turnID], var stream = streams[id], stream.lastSeam != value else { return }
    stream.lastSeam = value
    streams[id] = stream
    effects.append(.turn(id, .seam(value)))
  }

  private mutating func ended(_ turnID: UInt64, requestID: UInt64, length: UInt64?, with event: TurnEvent) {
    declined.remove(turnID)
    if let id = streamAsking(with: requestID), case .asking = streams[id]?.stage { learn(id, turnID: turnID) }
    guard let id = streamOfTurn[turnID],
      let outcome = streams[id]?.track.end(length: length, with: event, turnID: turnID)
    else { return }
    apply(outcome, to: id, turnID: turnID)
  }

  /// The reply to a frame that asked for a turn names it.
  private mutating func learn(_ id: StreamID, turnID: UInt64) {
    streams[id]?.stage = .known(turnID: turnID)
    adopt(id, turnID: turnID, asks: declined.contains(turnID))
  }

  private mutating func adopt(_ id: StreamID, turnID: UInt64, asks: Bool) {
    guard let stream = streams[id] else { return }
    if streamOfTurn[turnID] == nil {
      streamOfTurn[turnID] = id
    } else {
      // Another stream of this client follows the turn already; its reader has the text.
      let error = WeirClientError(
        code: .invalidArgument, message: "This client already has a stream of turn \(turnID); read that one.")
      effects.append(.turn(id, .failed(FailedTurn(turnID: turnID, error: error, partialKept: true, length: 0))))
      streams[id] = nil
      return
    }
    if stream.wantsStop { sendStop(turnID) }
    if stream.isAbandoned {
      remove(id)
      decline(turnID)
    } else if asks {
      declined.remove(turnID)
      subscribe(id, turnID: turnID, from: stream.track.position ?? 0)
    }
  }

  /// Text can overtake the news that the answer began, where the connection was lost in between.
  private mutating func announceStart(_ id: StreamID, turnID: UInt64, offset: UInt64, model: String = "") {
    guard var stream = streams[id], !stream.hasStarted else { return }
    stream.hasStarted = true
    streams[id] = stream
    let started = StartedTurn(
      turnID: turnID, conversationID: stream.conversationID, model: model, continuesTurnID: 0, replacesTurnID: 0,
      offset: stream.track.position ?? offset)
    effects.append(.turn(id, .started(started)))
  }
}
