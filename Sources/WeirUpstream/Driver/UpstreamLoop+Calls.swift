internal import Logging
internal import WeirCore
internal import WeirWire

// A call's way: submitted, waiting, told its end.
extension UpstreamLoop {
  /// Takes a call in: it shares the way of an equal one, or gets one of its own.
  func submit(_ request: UpstreamRequest) {
    guard calls[request.callID] == nil, !outbox.flights.isAboard(request.callID) else {
      logger.error("a call id is in use twice", metadata: ["call": "\(request.callID)"])
      return refuse(request, CallFailure.duplicateCall)
    }
    if request.cacheKey.isEmpty { return admit(request) }
    outbox.flights.now = now
    switch outbox.flights.board(request) {
    case .alone: admit(request)
    case .joins(let flight):
      if let member = flight.members.last { outbox.catchUp(member, flight) }
    case .begins(let flight):
      var shared = request
      shared.callID = flight.callID
      shared.shard = FlightTable.shard
      admit(shared)
    }
  }

  /// Takes a call into its model's queue, or says why not.
  private func admit(_ request: UpstreamRequest) {
    let model = request.model.isEmpty ? configuration.models.first ?? "" : request.model
    let offered = GatewayCall(
      callID: request.callID, user: request.user, model: model, lane: request.lane, cost: request.cost,
      bytes: request.contentBytes, startBy: request.startBy, mayResumeElsewhere: request.mayResumeElsewhere)
    switch gateway.submit(offered, now: now) {
    case .admitted:
      calls[request.callID] = UpstreamCall(request, model: model)
      // At once: what has a place takes no room from those behind it.
      dispatch()
    case .unknownModel: refuse(request, CallFailure.unknownModel(request.model, known: configuration.models))
    case .duplicate: refuse(request, CallFailure.duplicateCall)
    case .noUsableKey: refuse(request, GatewayError.noUsableKey(model))
    case .full(let retryAfterMs): refuse(request, CallFailure.noRoom(model, retryAfterMs: retryAfterMs))
    }
  }

  private func refuse(_ request: UpstreamRequest, _ error: WeirError) {
    outbox.post(.failed(error), request.callID, shard: request.shard)
  }

  /// The user wants no more of it. A call that others share goes on for them.
  func cancel(_ callID: CallID) {
    switch outbox.flights.leave(callID) {
    case .othersStay: return
    case .passesOn(let heir, let flight):
      // Before the start it will be told like any other who pays.
      if flight.isSent { outbox.post(.sent, heir.callID, shard: heir.shard) }
      if flight.hasStarted { outbox.post(.pays, heir.callID, shard: heir.shard) }
    case .empties(let flight): stop(flight.callID)
    case .notAboard: stop(callID)
    }
  }

  private func stop(_ callID: CallID) {
    guard calls.removeValue(forKey: callID) != nil else { return }
    for attempt in gateway.cancel(callID, now: now) { abort(attempt) }
  }

  // MARK: Ends

  /// Tells the shard that the call has failed.
  func tell(_ call: UpstreamCall, _ error: WeirError) {
    guard calls.removeValue(forKey: call.callID) != nil else { return }
    outbox.post(.failed(error), call.callID, shard: call.shard)
  }

  /// Tells the shard that the gateway has given the call up.
  func tell(_ call: UpstreamCall, _ failure: GatewayFailure) {
    let error =
      switch failure {
      case .deadline(let attempts):
        // What went wrong says more than that it was late.
        attempts > 0 ? call.lastError ?? GatewayError.deadline : GatewayError.deadline
      case .resumeTooLate: call.lastError ?? GatewayError.deadline
      case .noUsableKey: GatewayError.noUsableKey(call.model)
      case .modelRemoved: GatewayError.modelRemoved(call.model)
      }
    tell(call, error)
  }

  /// Tells the shard that the answer has ended well.
  func finish(_ call: UpstreamCall, _ reason: FinishReason, _ usage: Usage?) {
    guard calls.removeValue(forKey: call.callID) != nil else { return }
    outbox.post(.finished(reason: reason, usage: usage), call.callID, shard: call.shard)
  }

  // MARK: Log

  /// Tells the operator what changed.
  func log(_ event: GatewayEvent) {
    switch event {
    case .breakerOpened(let endpoint, let until):
      logger.warning(
        "an endpoint fails and is left alone",
        metadata: ["endpoint": "\(endpoint)", "seconds": "\(until.since(now).wholeSeconds)"])
    case .breakerClosed(let endpoint):
      logger.notice("an endpoint works again", metadata: ["endpoint": "\(endpoint)"])
    case .keySetAside(let endpoint, let key):
      logger.error(
        "a provider does not take a key; set the right one",
        metadata: ["endpoint": "\(endpoint)", "key": "\(endpoints[endpoint]?.keyIndex(key) ?? 0)"])
    case .keyHeld(let endpoint, let key, let until):
      guard let gated = endpoints[endpoint], gated.gate.pass(now: now) != nil else { return }
      logger.notice(
        "a provider has no room for now",
        metadata: [
          "endpoint": "\(endpoint)", "key": "\(gated.keyIndex(key))", "seconds": "\(until.since(now).wholeSeconds)",
        ])
    case .limitLowered(let endpoint, let from, let to):
      logger.debug(
        "an endpoint gets fewer calls at once",
        metadata: ["endpoint": "\(endpoint)", "from": "\(from)", "to": "\(to)"])
    case .endpointDrained(let endpoint):
      logger.notice("a removed endpoint has ended its last call", metadata: ["endpoint": "\(endpoint)"])
    }
  }
}

extension Interval {
  fileprivate var wholeSeconds: UInt64 { (nanoseconds + 999_999_999) / 1_000_000_000 }
}
