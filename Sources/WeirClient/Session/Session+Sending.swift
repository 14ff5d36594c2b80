package import WeirWire

// What a device says to begin a turn, to follow one and to end one.
extension Session {
  /// Adds a user message. It is sent with every connection until it is acknowledged; the client message id makes that
  /// safe.
  package mutating func send(_ message: SendMessage, on id: StreamID) {
    var stream = SessionStream(
      id: id, stage: .unacknowledged(message, requestID: newRequestID(), attempts: 0), track: TurnTrack(position: 0),
      conversationID: message.conversationID)
    // With a generous allowance for what JSON adds around it.
    stream.pendingBytes = message.encodedSize + 256
    streams[id] = stream
    if let refusal = refusal(bytes: stream.pendingBytes) {
      stream.pendingBytes = 0
      streams[id] = stream
      fail(id, refusal)
      return
    }
    unacknowledgedBytes += stream.pendingBytes
    unacknowledged.append(id)
    follow(message.conversationID)
    if isOpen { sendMessage(id) }
  }

  /// Asks for a turn with a frame that must not be repeated: it has no id of its own by which the server would know it.
  package mutating func ask(_ frame: ClientFrame.Kind, conversationID: String, position: UInt64?, on id: StreamID) {
    let requestID = newRequestID()
    streams[id] = SessionStream(
      id: id, stage: .asking(requestID: requestID), track: TurnTrack(position: position),
      conversationID: conversationID)
    guard isOpen else {
      let error = WeirClientError(
        code: .connectionLost, message: "There is no connection now; try again when it is back.", isRetryable: true)
      fail(id, stoppedError ?? error)
      return
    }
    follow(conversationID)
    send(frame, requestID: requestID)
  }

  /// Reads a turn that exists, from `offset` on.
  package mutating func follow(turnID: UInt64, from offset: UInt64, on id: StreamID) {
    streams[id] = SessionStream(
      id: id, stage: .known(turnID: turnID), track: TurnTrack(position: offset), conversationID: "")
    if let error = stoppedError {
      fail(id, error)
    } else if streamOfTurn[turnID] != nil {
      let error = WeirClientError(
        code: .invalidArgument, message: "This client already has a stream of turn \(turnID); read that one.")
      fail(id, error)
    } else {
      streamOfTurn[turnID] = id
      declined.remove(turnID)
      if isOpen { subscribe(id, turnID: turnID, from: offset) }
    }
  }

  /// Stops the answer of a stream as soon as its turn is known. The stream goes on to its end: what had come is kept.
  package mutating func stopTurn(of id: StreamID) {
    guard var stream = streams[id], !stream.wantsStop else { return }
    stream.wantsStop = true
    streams[id] = stream
    if let turnID = stream.turnID, isOpen { sendStop(turnID) }
  }

  /// Stops a turn, whether or not this client reads it.
  package mutating func stopTurn(_ turnID: UInt64) {
    if let id = streamOfTurn[turnID] {
      stopTurn(of: id)
    } else if isOpen {
      sendStop(turnID)
    }
  }

  /// The reader of a stream is gone; `unread` bytes of its text were not read. The answer goes on without it.
  package mutating func abandon(_ id: StreamID, unread: Int) {
    consumed(unread)
    guard var stream = streams[id] else { return }
    switch stream.stage {
    case .unacknowledged:
      // The message was meant to be sent: it stays until it is acknowledged.
      stream.isAbandoned = true
      streams[id] = stream
    case .asking:
      stream.isAbandoned = true
      streams[id] = stream
    case .known(let turnID):
      remove(id)
      declined.insert(turnID)
      if isOpen { send(.unsubscribeTurn(UnsubscribeTurn(turnID: turnID))) }
    }
  }

  /// Text was read by its reader.
  package mutating func consumed(_ bytes: Int) {
    grant(credit.consumed(bytes))
    pauseOrResumeReading()
  }

  // MARK: Steps

  mutating func grant(_ bytes: UInt64) {
    if bytes > 0, isOpen { send(.grantCredit(GrantCredit(bytes: bytes))) }
  }

  /// Without credit the socket itself is what holds the server back.
  mutating func pauseOrResumeReading() {
    guard settings.credit == 0, isOpen else { return }
    let shouldPause =
      isReadingPaused
      ? credit.unread > Self.maximumUnreadBytes / 2 : credit.unread > Self.maximumUnreadBytes
    guard shouldPause != isReadingPaused else { return }
    isReadingPaused = shouldPause
    effects.append(.setReading(!shouldPause))
  }

  /// With an id that nobody waits for: that the answer has ended meanwhile is not worth telling.
  mutating func sendStop(_ turnID: UInt64) {
    send(.stopTurn(StopTurn(turnID: turnID)), requestID: newRequestID())
  }

  mutating func subscribe(_ id: StreamID, turnID: UInt64, from offset: UInt64) {
    let requestID = newRequestID()
    streams[id]?.askRequestID = requestID
    send(.subscribeTurn(SubscribeTurn(turnID: turnID, offset: offset)), requestID: requestID)
  }

  /// Sends what is not acknowledged, in the order in which it was said.
  mutating func resendMessages() {
    for id in unacknowledged { sendMessage(id) }
  }

  private mutating func sendMessage(_ id: StreamID) {
    guard var stream = streams[id], case .unacknowledged(let message, let requestID, let attempts) = stream.stage
    else { return }
    guard attempts < Self.maximumSendAttempts else {
      let error = WeirClientError(
        code: .connectionLost,
        message: "The message was sent on \(attempts) connections and never acknowledged; look at the server's logs.",
        isRetryable: true)
      fail(id, error)
      return
    }
    stream.stage = .unacknowledged(message, requestID: requestID, attempts: attempts + 1)
    streams[id] = stream
    send(.sendMessage(message), requestID: requestID)
  }

  private func refusal(bytes: Int) -> WeirClientError? {
    if let error = stoppedError { return error }
    if let server, server.maximumMessageBytes > 0, UInt64(bytes) > server.maximumMessageBytes {
      return WeirClientError(
        code: .tooLarge,
        message: "The message has \(bytes) bytes and the server takes \(server.maximumMessageBytes); shorten it.")
    }
    if unacknowledgedBytes + bytes > settings.maximumUnacknowledgedBytes {
      return WeirClientError(
        code: .overloaded,
        message: "Messages of \(unacknowledgedBytes) bytes wait for the server already; send again when they are done.",
        isRetryable: true)
    }
    return nil
  }

  var stoppedError: WeirClientError? {
    if case .stopped(let error) = phase { error } else { nil }
  }
}
