import CCurl
internal import Logging
internal import WeirCore
internal import WeirWire

// An attempt's way: begun, heard, ended, and its connection free.
extension UpstreamLoop {
  /// A call has got its place.
  func begin(_ start: AttemptStart) {
    guard let call = calls[start.callID], let endpoint = endpoints[start.endpoint], let request = call.continuation
    else {
      report(start.attempt, .cancelled)
      return
    }
    metrics.note(start, lanes: lanes)
    endpoint.metrics.started.add()
    switch start.kind {
    case .first, .retry: outbox.post(.sent, call.callID, shard: call.shard)
    case .resume(let origin):
      let reason = call.lastError ?? endpoint.failure.brokeOff.error
      outbox.post(.seam(reason: reason, from: origin, to: start.endpoint), call.callID, shard: call.shard)
    case .hedge: break
    }
    let attempt = UpstreamAttempt(start.attempt, call, endpoint, now: now)
    attempts[attempt.id] = attempt
    if case .demo(let demo) = endpoint.configuration.kind {
      tellStart(attempt)
      let machine = DemoCall(
        endpoint: endpoint.configuration, configuration: demo, request: request, draw: demoDraw(seed: demo.seed),
        now: now)
      attempt.work = .demo(DemoRun(machine))
    } else if let error = send(request, attempt, key: start.key) {
      count(UpstreamOutcome(error.code), attempt)
      report(attempt, .cancelled)
      tell(call, error)
      return release(attempt)
    }
    arm(attempt)
  }

  /// Tells the shard that a provider has taken the call: not before, since who is refused waits on.
  private func tellStart(_ attempt: UpstreamAttempt) {
    let call = attempt.call
    if call.isStarted { return }
    call.isStarted = true
    let name = attempt.endpoint.configuration.name
    outbox.post(.started(model: call.model, endpoint: name, isShared: false), call.callID, shard: call.shard)
  }

  /// Sends the request on its way; why it cannot be, if it cannot.
  private func send(_ request: UpstreamRequest, _ attempt: UpstreamAttempt, key: UInt64) -> WeirError? {
    guard let route = attempt.endpoint.route(key) else { return GatewayError.noUsableKey(attempt.call.model) }
    guard let sent = try? route.request(request) else { return CallFailure.unusableParameters }
    let run = ChatRun(route.call(request, sent, now: now), attempt: attempt, loop: self)
    attempt.work = .chat(run)
    do throws(CurlError) {
      let easy = try multi.takeHandle()
      do throws(CurlError) {
        let transfer = try CurlTransfer(easy: easy, post: sent.post, receiver: run)
        try multi.add(transfer)
        run.transfer = transfer
      } catch {
        multi.giveBack(easy)
        throw error
      }
    } catch {
      return CallFailure.outOfResources(error.description)
    }
    return nil
  }

  // MARK: Hearing

  /// A piece of a response. libcurl is at work: nothing may be removed here.
  func received(
    _ bytes: Span<UInt8>, of transfer: CurlTransfer, _ run: ChatRun, _ attempt: UpstreamAttempt
  ) -> TransferVerdict {
    if isPaused { return .pause }
    var head: ResponseHead?
    if !attempt.hasHead {
      guard let known = transfer.head else { return .abort }
      head = known
      attempt.hasHead = true
      gateway.headers(attempt.id, RateLimitReadings(known.limits), now: now)
      if known.isSuccess { tellStart(attempt) }
    }
    let time = now
    let action = hear(attempt) { output in run.machine.received(bytes, head: head, now: time, output: &output) }
    switch action {
    case .none: break
    case .finish(_, _, let fate), .fail(_, let fate):
      conclude(attempt, action, detail: "")
      run.isAborted = fate == .abort
    case .cut: run.isAborted = true
    }
    // A first token brings the deadline nearer; later ones move it away, which costs a comparison.
    arm(attempt)
    return run.isAborted ? .abort : .taken
  }

  /// A transfer has ended by itself, or because a piece was refused.
  func ended(_ transfer: CurlTransfer, _ code: CURLcode, _ run: ChatRun, _ attempt: UpstreamAttempt) {
    if !attempt.isTold, !attempt.isReported {
      let endpoint = attempt.endpoint
      let end = CurlOutcome.end(code, failure: endpoint.failure, timeouts: endpoint.configuration.timeouts)
      let time = now
      let action = hear(attempt) { output in
        run.machine.transferEnded(end, head: transfer.head, now: time, output: &output)
      }
      conclude(attempt, action, detail: code == CURLE_OK ? "" : transfer.errorDetail)
    }
    release(attempt)
  }

  /// An attempt's deadline has come.
  func timerFired(_ attempt: UpstreamAttempt) {
    let time = now
    let action: CallAction
    switch attempt.work {
    case nil: return
    case .chat(let run):
      action = hear(attempt) { output in run.machine.timerFired(now: time, output: &output) }
    case .demo(let run):
      action = hear(attempt) { output in run.machine.timerFired(now: time, output: &output) }
    }
    if case .none = action { return }
    conclude(attempt, action, detail: "")
    release(attempt)
  }

  /// Lets `work` give what has come of the answer, and passes it on. What comes first decides between an attempt and
  /// its hedge: the one that is late gives nothing, and is cut.
  private func hear(_ attempt: UpstreamAttempt, _ work: (inout AnswerOutput) -> CallAction) -> CallAction {
    let before = attempt.deltas
    let call = attempt.call
    if attempt.isAnswered, call.request == nil {
      let (added, action) = outbox.write(call.callID, shard: call.shard, work)
      note(added, deltas: attempt.deltas - before, of: attempt)
      return action
    }
    var output = AnswerOutput()
    let action = work(&output)
    if output.text.isEmpty, output.marks.isEmpty { return action }
    guard takesPlace(attempt) else { return .cut }
    call.tells(output, from: 0)
    let (added, _) = outbox.write(call.callID, shard: call.shard) { $0.append(output) }
    note(added, deltas: attempt.deltas - before, of: attempt)
    return action
  }

  /// Whether the attempt's answer is the one its user gets; the first to come is.
  private func takesPlace(_ attempt: UpstreamAttempt) -> Bool {
    if attempt.isAnswered { return true }
    if attempt.isReported { return false }
    guard gateway.firstToken(attempt.id, now: now) else {
      count(.cancelled, attempt)
      report(attempt, .cancelled)
      return false
    }
    attempt.isAnswered = true
    attempt.endpoint.metrics.firstToken.record(nanoseconds: now.since(attempt.startedAt).nanoseconds)
    return true
  }

  private func note(_ added: Int, deltas: Int, of attempt: UpstreamAttempt) {
    if added == 0 { return }
    attempt.endpoint.count(deltas: deltas, textBytes: added)
    outbox.relieve(shard: attempt.call.shard)
  }

  // MARK: Ending

  /// Takes the end that an action gives. What becomes of the transfer is the caller's affair.
  private func conclude(_ attempt: UpstreamAttempt, _ action: CallAction, detail: String) {
    switch action {
    case .none, .cut: break
    case .finish(let reason, let usage, _):
      guard takesPlace(attempt) else { return }
      attempt.isTold = true
      count(.finished, attempt)
      if let usage { count(usage, attempt) }
      finish(attempt.call, reason, usage)
    case .fail(let failure, _): fail(attempt, failure, detail: detail)
    }
  }

  private func fail(_ attempt: UpstreamAttempt, _ failure: ProviderFailure, detail: String) {
    if attempt.isReported { return }
    count(UpstreamOutcome(failure.error.code), attempt)
    log(failure.error, attempt, detail: detail)
    let call = attempt.call
    call.lastError = failure.error
    if report(attempt, outcome(failure.kind, attempt)) == .ends { tell(call, failure.error) }
  }

  /// What a failure means for those who might try again.
  private func outcome(_ kind: FailureClass, _ attempt: UpstreamAttempt) -> AttemptOutcome {
    switch kind {
    case .final: return .rejected(keyIsBad: false)
    case .rejected(let keyIsBad): return .rejected(keyIsBad: keyIsBad)
    case .overloaded, .retryable:
      if attempt.isAnswered { return .failedAfterFirst(isResumable: attempt.call.isResumable) }
      guard case .overloaded(let retryAfterMs) = kind else { return .failedBeforeFirst(isRetryable: true) }
      return .overloaded(retryAfter: retryAfterMs > 0 ? .milliseconds(UInt64(retryAfterMs)) : nil)
    }
  }

  /// The gateway wants no more of an attempt, or its user does.
  func abort(_ id: AttemptID) {
    guard let attempt = attempts[id] else {
      report(id, .cancelled)
      return
    }
    if !attempt.isTold, !attempt.isReported { count(.cancelled, attempt) }
    release(attempt)
  }

  /// The attempt is over: its connection is cut if it is not at its end, and its place is free.
  func release(_ attempt: UpstreamAttempt) {
    guard attempts.removeValue(forKey: attempt.id) != nil else { return }
    if case .chat(let run) = attempt.work, let transfer = run.transfer {
      multi.remove(transfer)
      run.transfer = nil
    }
    attempt.work = nil
    report(attempt, attempt.isTold ? .finished : .cancelled)
  }

  @discardableResult
  private func report(_ attempt: UpstreamAttempt, _ outcome: AttemptOutcome) -> AttemptVerdict {
    if attempt.isReported { return .goesOn }
    attempt.isReported = true
    return gateway.ended(attempt.id, outcome, tokens: attempt.tokens, now: now)
  }

  private func report(_ id: AttemptID, _ outcome: AttemptOutcome) {
    _ = gateway.ended(id, outcome, now: now)
  }

  // MARK: Counting

  private func count(_ outcome: UpstreamOutcome, _ attempt: UpstreamAttempt) {
    attempt.endpoint.metrics.ended[outcome].add()
    shared?.upstreamCalls[outcome].add()
  }

  private func count(_ usage: Usage, _ attempt: UpstreamAttempt) {
    let (input, output) = (Int(clamping: usage.inputTokens), Int(clamping: usage.outputTokens))
    attempt.tokens = input.addingReportingOverflow(output).overflow ? .max : input + output
    attempt.endpoint.metrics.promptTokens.add(input)
    attempt.endpoint.metrics.answerTokens.add(output)
    shared?.tokensIn.add(input)
    shared?.tokensOut.add(output)
  }

  private func log(_ error: WeirError, _ attempt: UpstreamAttempt, detail: String) {
    guard let held = attempt.endpoint.gate.pass(now: now) else { return }
    var metadata: Logger.Metadata = [
      "endpoint": "\(attempt.endpoint.configuration.name)", "model": "\(attempt.call.model)",
      "error": "\(ProviderRefusal.withoutQuote(error.message))",
    ]
    if !detail.isEmpty { metadata["detail"] = "\(detail)" }
    if held > 0 { metadata["more"] = "\(held)" }
    logger.warning("a call to a provider failed", metadata: metadata)
  }
}

extension AnswerOutput {
  /// Adds all of another.
  fileprivate mutating func append(_ other: AnswerOutput) {
    var told = 0
    for said in other.marks {
      text += other.text[told..<said.offset]
      told = said.offset
      mark(said.kind)
    }
    text += other.text[told...]
  }
}

extension RateLimitReadings {
  /// What the headers said, where they said how much is left.
  fileprivate init(_ limits: ProviderLimits) {
    func reading(_ allowance: ProviderLimits.Allowance) -> RateLimitReading? {
      guard let remaining = allowance.remaining else { return nil }
      return RateLimitReading(
        limit: allowance.limit, remaining: remaining,
        resetAfter: allowance.resetAfterMs.map { .milliseconds(UInt64(max(0, $0))) })
    }
    self.init(requests: reading(limits.requests), tokens: reading(limits.tokens) ?? reading(limits.inputTokens))
  }
}

extension UpstreamOutcome {
  fileprivate init(_ code: ErrorCode) {
    switch code {
    case .upstreamTimeout: self = .timeout
    case .upstreamRejected, .invalidArgument: self = .rejected
    case .upstreamOverloaded, .overloaded: self = .overloaded
    case .shuttingDown: self = .cancelled
    default: self = .failed
    }
  }
}
