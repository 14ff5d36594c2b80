package import WeirWire

// Questions with one answer. All of them can be asked twice without harm, so a lost connection only delays them.
extension Session {
  /// Asks; the answer comes as `.reply` with the id that is returned.
  package mutating func request(_ frame: ClientFrame.Kind, now: Duration) -> UInt64 {
    let id = newRequestID()
    if case .stopped(let error) = phase {
      effects.append(.reply(id, .failure(error)))
      return id
    }
    requests[id] = PendingRequest(frame: frame, deadline: now + settings.requestTimeout)
    if isOpen { send(frame, requestID: id) }
    return id
  }

  /// Fails the requests whose time is over. Returns when to look again; nil: nothing waits.
  package mutating func expireRequests(now: Duration) -> Duration? {
    for (id, request) in requests.sorted(by: { $0.key < $1.key }) where request.deadline <= now {
      requests[id] = nil
      let error = WeirClientError(
        code: .timeout,
        message: "The server has not answered for \(Int(settings.requestTimeout.inSeconds)) s; try again.",
        isRetryable: true)
      effects.append(.reply(id, .failure(error)))
    }
    return requests.values.map(\.deadline).min()
  }

  /// Takes an answer, if it is one.
  mutating func answered(_ id: UInt64, _ reply: SessionReply) {
    guard id != 0, requests.removeValue(forKey: id) != nil else { return }
    effects.append(.reply(id, .success(reply)))
  }

  /// Takes a refusal: of a request, of a message, or of nothing in particular.
  mutating func refused(_ id: UInt64, _ error: WeirClientError) {
    if id != 0, requests.removeValue(forKey: id) != nil {
      effects.append(.reply(id, .failure(error)))
    } else if id != 0, let stream = streamAsking(with: id) {
      fail(stream, error)
    } else if id == 0 {
      effects.append(.event(.refused(error)))
    }
  }
}
