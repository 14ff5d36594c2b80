internal import WeirWire

// How streams leave the session.
extension Session {
  /// Ends a stream with an error of this side, or with the server's refusal.
  mutating func fail(_ id: StreamID, _ error: WeirClientError) {
    guard let stream = streams[id] else { return }
    let failed = FailedTurn(
      turnID: stream.turnID ?? 0, error: error, partialKept: false, length: stream.track.position ?? 0)
    effects.append(.turn(id, .failed(failed)))
    remove(id)
  }

  /// The server knows nothing of a turn that a stream reads.
  mutating func forgottenTurn(_ turnID: UInt64) {
    guard let id = streamOfTurn[turnID] else { return }
    let error = WeirClientError(
      code: .notFound,
      message: "The server no longer knows turn \(turnID); read the conversation's history instead.")
    fail(id, error)
  }

  /// What cannot be repeated on another connection ends with this one.
  mutating func failUnrepeatable(_ loss: ConnectionLoss) {
    for id in streams.keys.sorted() {
      streams[id]?.track.disconnected()
      guard let stream = streams[id] else { continue }
      switch stream.stage {
      case .asking:
        let error = WeirClientError(
          code: .connectionLost,
          message: "The connection broke before the server answered; read the history to see whether it did, "
            + "then try again.", isRetryable: true)
        fail(id, error)
      case .unacknowledged where loss.blamesSender:
        // Sent again it would only break the next connection too.
        fail(id, loss.error)
      case .unacknowledged, .known: break
      }
    }
    guard loss.blamesSender else { return }
    for id in requests.keys.sorted() { effects.append(.reply(id, .failure(loss.error))) }
    requests = [:]
  }

  /// Forgets a stream.
  mutating func remove(_ id: StreamID) {
    settle(id)
    guard let stream = streams.removeValue(forKey: id) else { return }
    if let turnID = stream.turnID, streamOfTurn[turnID] == id { streamOfTurn[turnID] = nil }
  }

  /// The stream's message no longer waits for its acknowledgement.
  mutating func settle(_ id: StreamID) {
    guard let bytes = streams[id]?.pendingBytes, bytes > 0 else { return }
    streams[id]?.pendingBytes = 0
    unacknowledgedBytes -= bytes
    unacknowledged.removeAll { $0 == id }
  }

  /// The stream that a reply with this request id is for.
  func streamAsking(with requestID: UInt64) -> StreamID? {
    if requestID == 0 { return nil }
    return streams.values.first { stream in
      switch stream.stage {
      case .unacknowledged(_, requestID, _): true
      case .asking(requestID): true
      case .known: stream.askRequestID == requestID
      case .unacknowledged, .asking: false
      }
    }?.id
  }

  /// The stream whose message has this client id.
  func streamSending(_ clientMessageID: String) -> StreamID? {
    if clientMessageID.isEmpty { return nil }
    return unacknowledged.first { id in
      if case .unacknowledged(let message, _, _) = streams[id]?.stage {
        message.clientMessageID == clientMessageID
      } else {
        false
      }
    }
  }
}
