import WeirWire

// Equal calls have one answer: kept in the store for later ones, shared by the upstream thread among those under way.
extension ShardCore {
  /// The key under which the call's answer may be kept; empty: it may not.
  func cacheKey(_ request: UpstreamRequest, of turn: Turn) -> [UInt8] {
    guard policy.cache.isOn, !turn.record.skipsCache, turn.log.count == 0 else { return [] }
    // Without a temperature the provider's own holds, and that is not 0.
    guard policy.cache.includesCreative || request.parameters.temperature == 0 else { return [] }
    return effects.digest(CanonicalCall.bytes(request))
  }

  /// Asks the store for a kept answer, and calls the provider if there is none.
  func submit(_ request: UpstreamRequest, for turn: Turn) {
    guard !request.cacheKey.isEmpty else { return effects.submit(request) }
    turn.cacheKey = request.cacheKey
    read(.cached(key: request.cacheKey)) { [self] result in
      guard turn.call == request.callID, turn.isLive else { return }
      if case .cached(let answer?) = result, answer.expiresAtMs > effects.wallClockMs {
        return play(answer, for: turn)
      }
      metrics.cacheMisses.add(1)
      effects.submit(request)
    }
  }

  private func play(_ answer: CachedAnswer, for turn: Turn) {
    guard let session = turn.owner else { return }
    begun(turn, model: answer.model, isCached: true)
    var mark = 0
    var start = 0
    func advance(to end: Int) {
      if end > start { grew(turn, by: answer.text.span.extracting(start..<end)) }
      start = max(start, end)
    }
    while mark < answer.marks.count {
      advance(to: min(Int(clamping: answer.marks[mark].offset), answer.text.count))
      turn.log.begin(answer.marks[mark].mark)
      turn.log.sign(answer.marks[mark].signature)
      mark += 1
    }
    advance(to: answer.text.count)
    account(answer.text.count)
    if let call = turn.call { calls.remove(call) }
    turn.call = nil
    finish(turn, answer.reason, usage: answer.usage, in: session)
  }

  /// The write that keeps a whole answer for equal calls; nil if it is not to be kept.
  func keep(_ turn: Turn, _ reason: FinishReason, _ usage: Usage?) -> StoreWrite? {
    guard !turn.cacheKey.isEmpty, !turn.isCached, reason == .complete || reason == .toolCalls, turn.log.count > 0,
      turn.log.count <= policy.cache.maximumAnswerBytes
    else { return nil }
    let answer = CachedAnswer(
      text: turn.log.bytes, marks: turn.log.marks, reason: reason, usage: usage, model: turn.model,
      expiresAtMs: effects.wallClockMs + policy.cache.lifetime.nanoseconds / 1_000_000)
    return .cache(key: turn.cacheKey, answer)
  }
}

/// A call as bytes that are the same for equal calls and differ for others: every text behind its length.
enum CanonicalCall {
  static func bytes(_ request: UpstreamRequest) -> [UInt8] {
    var bytes: [UInt8] = []
    func add(_ number: UInt64) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
    func add(_ text: String) {
      add(UInt64(text.utf8.count))
      bytes.append(contentsOf: text.utf8)
    }
    func add(_ number: Double?) { add(number.map(\.bitPattern) ?? .max) }
    func add(_ number: Int?) { add(number.map { UInt64(bitPattern: Int64($0)) } ?? .max) }
    add(request.tenant)
    add(request.model)
    let parameters = request.parameters
    add(parameters.temperature)
    add(parameters.topP)
    add(parameters.maximumTokens)
    add(parameters.seed)
    add(UInt64(parameters.stop.count))
    for stop in parameters.stop { add(stop) }
    add(parameters.toolsJSON)
    add(parameters.toolChoiceJSON)
    add(parameters.responseFormatJSON)
    add(parameters.hidesReasoning ? 1 : 0 as UInt64)
    for message in request.messages {
      add(UInt64(UInt32(bitPattern: message.role.rawValue)))
      add(message.text)
      add(message.toolCallID)
      add(UInt64(message.toolCalls.count))
      for call in message.toolCalls {
        add(call.id)
        add(call.name)
        add(call.arguments)
      }
      add(UInt64(message.reasoning.count))
      for reasoning in message.reasoning {
        add(reasoning.text)
        add(reasoning.signature)
      }
    }
    return bytes
  }
}
