import CCurl
internal import Logging
internal import WeirCore
internal import WeirWire

// A call's way: admitted, started, ended.
extension UpstreamLoop {
  /// Takes a call into its model's queue, or says why not.
  func admit(_ request: UpstreamRequest) {
    guard let endpoint = endpoint(request.model) else {
      return refuse(request, CallFailure.unknownModel(request.model, known: models))
    }
    guard calls[request.callID] == nil else {
      logger.error("a call id is in use twice", metadata: ["call": "\(request.callID)"])
      return refuse(request, CallFailure.duplicateCall)
    }
    let bytes = request.messages.reduce(0) { $0 + $1.text.utf8.count }
    switch endpoint.queue.enqueue(request.callID, user: request.user, bytes: bytes) {
    case .waits:
      calls[request.callID] = UpstreamCall(request, endpoint: endpoint)
      // At once: what has a slot takes no room from those behind it.
      fillSlots(endpoint)
    case .full(let retryAfterMs):
      count(.overloaded, endpoint)
      refuse(request, CallFailure.noRoom(endpoint.configuration.name, retryAfterMs: retryAfterMs))
    }
  }

  private func refuse(_ request: UpstreamRequest, _ error: WeirError) {
    outbox.post(.failed(error), request.callID, shard: request.shard)
  }

  /// The call has got its slot.
  func start(_ call: UpstreamCall) {
    guard let request = call.request else { return }
    call.request = nil
    call.startedAt = now
    let endpoint = call.endpoint
    endpoint.metrics.started.add()
    let name = endpoint.configuration.name
    outbox.post(.started(model: name, endpoint: name, isShared: false), call.callID, shard: call.shard)
    if case .demo(let demo) = endpoint.configuration.kind {
      let machine = DemoCall(
        endpoint: endpoint.configuration, configuration: demo, request: request, draw: demoDraw(seed: demo.seed),
        now: now)
      call.work = .demo(DemoRun(machine))
    } else if let route = endpoint.route {
      guard let sent = try? route.request(request) else {
        fail(call, CallFailure.unusableParameters)
        return end(call)
      }
      let run = ChatRun(route.call(request, sent, now: now), call: call, loop: self)
      call.work = .chat(run)
      do throws(CurlError) {
        try begin(run, sent.post)
      } catch {
        fail(call, CallFailure.outOfResources(error.description))
        return end(call)
      }
    }
    arm(call)
  }

  private func begin(_ run: ChatRun, _ post: HTTPPost) throws(CurlError) {
    let easy = try multi.takeHandle()
    let transfer: CurlTransfer
    do throws(CurlError) {
      transfer = try CurlTransfer(easy: easy, post: post, receiver: run)
      try multi.add(transfer)
    } catch {
      multi.giveBack(easy)
      throw error
    }
    run.transfer = transfer
  }

  /// The user wants no more of it.
  func cancel(_ callID: CallID) {
    guard let call = calls[callID], !call.isTold else { return }
    count(.cancelled, call.endpoint)
    end(call)
  }

  /// A piece of a response. libcurl is at work: nothing may be removed here.
  func received(
    _ bytes: Span<UInt8>, of transfer: CurlTransfer, _ run: ChatRun, _ call: UpstreamCall
  ) -> TransferVerdict {
    if isPaused { return .pause }
    guard let head = transfer.head else { return .abort }
    let time = now
    let deltas = run.machine.deltas
    let (added, action) = outbox.write(call.callID, shard: call.shard) { output in
      run.machine.received(bytes, head: head, now: time, output: &output)
    }
    noteText(added, deltas: run.machine.deltas - deltas, of: call)
    switch action {
    case .none: break
    case .finish(let reason, let usage, let fate):
      finish(call, reason, usage)
      run.isAborted = fate == .abort
    case .fail(let failure, let fate):
      fail(call, failure.error)
      run.isAborted = fate == .abort
    case .cut:
      run.isAborted = true
    }
    // A first token brings the deadline nearer; later ones move it away, which costs a comparison.
    arm(call)
    return run.isAborted ? .abort : .taken
  }

  /// A transfer has ended by itself, or because a piece was refused.
  func ended(_ transfer: CurlTransfer, _ code: CURLcode, _ run: ChatRun, _ call: UpstreamCall) {
    if !call.isTold {
      let end = CurlOutcome.end(code, failure: call.endpoint.failure, timeouts: call.endpoint.configuration.timeouts)
      let time = now
      let deltas = run.machine.deltas
      let (added, action) = outbox.write(call.callID, shard: call.shard) { output in
        run.machine.transferEnded(end, head: transfer.head, now: time, output: &output)
      }
      noteText(added, deltas: run.machine.deltas - deltas, of: call)
      tell(call, action, detail: code == CURLE_OK ? "" : transfer.errorDetail)
    }
    end(call)
  }

  /// A call's deadline has come.
  func timerFired(_ call: UpstreamCall) {
    let time = now
    var deltas = 0
    let (added, action) = outbox.write(call.callID, shard: call.shard) { output -> CallAction in
      switch call.work {
      case .waiting: return .none
      case .chat(let run): return run.machine.timerFired(now: time, output: &output)
      case .demo(let run):
        let before = run.machine.deltas
        defer { deltas = run.machine.deltas - before }
        return run.machine.timerFired(now: time, output: &output)
      }
    }
    noteText(added, deltas: deltas, of: call)
    if action == .none { return }
    tell(call, action, detail: "")
    end(call)
  }

  private func noteText(_ added: Int, deltas: Int, of call: UpstreamCall) {
    if added == 0 { return }
    if !call.hasText {
      call.hasText = true
      call.endpoint.metrics.firstToken.record(nanoseconds: now.since(call.startedAt).nanoseconds)
    }
    call.endpoint.deltas += deltas
    call.endpoint.textBytes += added
    outbox.relieve(shard: call.shard)
  }

  /// Tells the user the end that an action gives. What becomes of the transfer is the caller's affair.
  private func tell(_ call: UpstreamCall, _ action: CallAction, detail: String) {
    switch action {
    case .none, .cut: break
    case .finish(let reason, let usage, _): finish(call, reason, usage)
    case .fail(let failure, _): fail(call, failure.error, detail: detail)
    }
  }

  private func finish(_ call: UpstreamCall, _ reason: FinishReason, _ usage: Usage?) {
    call.isTold = true
    count(.finished, call.endpoint)
    if let usage {
      call.endpoint.metrics.promptTokens.add(Int(clamping: usage.inputTokens))
      call.endpoint.metrics.answerTokens.add(Int(clamping: usage.outputTokens))
      shared?.tokensIn.add(Int(clamping: usage.inputTokens))
      shared?.tokensOut.add(Int(clamping: usage.outputTokens))
    }
    outbox.post(.finished(reason: reason, usage: usage), call.callID, shard: call.shard)
  }

  /// Tells the user, and the operator with `detail`, that the call has failed.
  func fail(_ call: UpstreamCall, _ error: WeirError, detail: String = "") {
    call.isTold = true
    count(UpstreamOutcome(error.code), call.endpoint)
    outbox.post(.failed(error), call.callID, shard: call.shard)
    if error.code == .shuttingDown { return }
    guard let held = call.endpoint.gate.pass(now: now) else { return }
    var metadata: Logger.Metadata = [
      "model": "\(call.endpoint.configuration.name)", "error": "\(ProviderRefusal.withoutQuote(error.message))",
    ]
    if !detail.isEmpty { metadata["detail"] = "\(detail)" }
    if held > 0 { metadata["more"] = "\(held)" }
    logger.warning("a call to a provider failed", metadata: metadata)
  }

  private func count(_ outcome: UpstreamOutcome, _ endpoint: Endpoint) {
    endpoint.metrics.ended[outcome].add()
    shared?.upstreamCalls[outcome].add()
  }

  /// The call is over: its connection is cut if it is not at its end, its slot or its place in the queue is free.
  func end(_ call: UpstreamCall) {
    calls[call.callID] = nil
    switch call.work {
    case .waiting where call.request != nil:
      _ = call.endpoint.queue.cancel(call.callID)
      return
    case .chat(let run):
      if let transfer = run.transfer { multi.remove(transfer) }
      run.transfer = nil
    case .waiting, .demo: break
    }
    call.endpoint.queue.release(after: now.since(call.startedAt))
  }
}

extension UpstreamOutcome {
  fileprivate init(_ code: ErrorCode) {
    switch code {
    case .upstreamTimeout: self = .timeout
    case .upstreamRejected: self = .rejected
    case .upstreamOverloaded, .overloaded: self = .overloaded
    case .shuttingDown: self = .cancelled
    default: self = .failed
    }
  }
}
