internal import WeirCore
internal import WeirWire

/// The life of one call to the demo model: time in, parts and actions out. The same limits of time hold as for a provider.
struct DemoCall: Sendable {
  /// At most so many tokens at a time, so that a fast answer does not keep the others waiting.
  private static let tokensPerTurn = 128
  /// What is due within this time of each other is done in one wake-up.
  private static let grain: UInt64 = 2_000_000
  private static let never = MonotonicTime(nanoseconds: .max)

  private let endpoint: EndpointConfiguration
  private let configuration: DemoConfiguration
  private let failure: CallFailure
  private let usageIn: Int
  private var script: DemoScript
  private let hidesReasoning: Bool
  private let maximumTokens: Int
  /// What is being told is not for the user.
  private var isHidden = false
  private var isReasoning = false
  private var reasoningTokens = 0
  private var deadlines: CallDeadlines
  /// When the first token is due.
  private var start: MonotonicTime
  private var pausedAt: MonotonicTime?
  private var isStalled = false
  /// Text given so far, in bytes.
  private(set) var answerBytes = 0
  /// Tokens given so far.
  private(set) var deltas = 0

  /// `draw` is a random number that decides whether the configured faults happen to this call.
  init(
    endpoint: EndpointConfiguration, configuration: DemoConfiguration, request: UpstreamRequest, draw: UInt64,
    now: MonotonicTime
  ) {
    let messages = request.messages
    var configuration = configuration
    if draw % 100 >= UInt64(max(0, configuration.faultPercent)) {
      configuration.failAfterTokens = nil
      configuration.stallAfterTokens = nil
      configuration.refuseCode = nil
    }
    let asked = messages.lastIndex { $0.role == .user }
    let (question, applied) = DemoDirectives.apply(asked.map { messages[$0].text } ?? "", to: configuration)
    let sofar = messages.last?.role == .assistant ? messages.last?.text ?? "" : ""
    // The results of tools since the question.
    let results = messages[(asked.map { $0 + 1 } ?? 0)...].filter { $0.role == .tool }.map(\.text)
    let result = results.isEmpty ? nil : results.joined(separator: " ")
    self.endpoint = endpoint
    self.configuration = applied
    failure = CallFailure(endpoint: endpoint.name)
    usageIn = messages.reduce(0) { $0 + TokenEstimate.tokens(ofMessage: $1.text) }
    script = DemoScript(
      question: question, result: result, sofar: sofar, configuration: applied, callID: request.callID)
    hidesReasoning = request.parameters.hidesReasoning
    maximumTokens = request.parameters.maximumTokens ?? endpoint.maximumAnswerTokens ?? .max
    deadlines = CallDeadlines(endpoint.timeouts, now: now)
    start = now + Interval(applied.firstTokenDelay)
  }

  /// When `timerFired` wants to be called.
  var deadline: MonotonicTime { min(deadlines.next, nextToken) }

  private var nextToken: MonotonicTime {
    if isStalled || pausedAt != nil { return Self.never }
    guard configuration.tokensPerSecond > 0 else { return start }
    let due = start + Interval(nanoseconds: Self.nanoseconds(Double(deltas) / configuration.tokensPerSecond))
    return MonotonicTime(nanoseconds: due.nanoseconds - due.nanoseconds % Self.grain)
      + Interval(nanoseconds: Self.grain)
  }

  private static func nanoseconds(_ seconds: Double) -> UInt64 {
    // A day and more is never: it keeps the arithmetic in range.
    seconds < 100_000 ? UInt64(seconds * 1_000_000_000) : 100_000_000_000_000
  }

  /// Nothing is given while paused; afterwards the answer goes on at its rate.
  mutating func setPaused(_ isPaused: Bool, now: MonotonicTime) {
    deadlines.setPaused(isPaused, now: now)
    if isPaused {
      pausedAt = pausedAt ?? now
    } else if let since = pausedAt {
      pausedAt = nil
      start = start + now.since(since)
    }
  }

  /// Time has passed: adds what is due to `output`.
  mutating func timerFired(now: MonotonicTime, output: inout AnswerOutput) -> CallAction {
    if let limit = deadlines.passed(now: now) { return .fail(failure.tooSlow(limit, endpoint.timeouts), .over) }
    if now < nextToken { return .none }
    if let code = configuration.refuseCode { return .fail(refusal(code), .over) }
    var due = max(0, min(Self.tokensPerTurn, dueTokens(now) - deltas))
    let before = deltas
    while due > 0 {
      if deltas == configuration.failAfterTokens { return .fail(failure.brokeOff, .over) }
      if deltas == configuration.stallAfterTokens {
        isStalled = true
        break
      }
      let start = output.text.count
      switch script.next(&output.text) {
      case .part(let mark):
        isReasoning = mark.kind == .reasoning
        isHidden = hidesReasoning && isReasoning
        // What follows hidden reasoning begins as an answer without reasoning does.
        if !isHidden, !(hidesReasoning && mark.kind == .text) { output.mark(.part(mark)) }
        continue
      case .end(let reason): return finish(reason)
      case .token: break
      }
      if deltas == maximumTokens {
        output.text.removeLast(output.text.count - start)
        return finish(.length)
      }
      deltas += 1
      if isReasoning { reasoningTokens += 1 }
      due -= 1
      if isHidden { output.text.removeLast(output.text.count - start) }
      if isTooLong(&output.text, from: start) { return finish(.length) }
    }
    if deltas > before { deadlines.progressed(now: now) }
    return .none
  }

  /// Counts what was added; cuts it, and says so, if the answer has become too long.
  private mutating func isTooLong(_ text: inout [UInt8], from start: Int) -> Bool {
    let room = endpoint.maximumAnswerBytes - answerBytes
    let end = UTF8Cut.end(in: text, from: start, limit: start + room)
    let isCut = end < text.count
    text.removeLast(text.count - end)
    answerBytes += end - start
    return isCut
  }

  private func dueTokens(_ now: MonotonicTime) -> Int {
    guard configuration.tokensPerSecond > 0 else { return .max }
    return Int(min(1e12, now.since(start).seconds * configuration.tokensPerSecond)) + 1
  }

  private func finish(_ reason: FinishReason) -> CallAction {
    let usage = Usage(
      inputTokens: UInt64(usageIn), outputTokens: UInt64(deltas), reasoningTokens: UInt64(reasoningTokens))
    return .finish(reason, usage, .over)
  }

  private func refusal(_ code: ErrorCode) -> ProviderFailure {
    let error = WeirError(
      code: code, message: "The demo model \"\(endpoint.name)\" was told to refuse. Try again.", retryable: true,
      retryAfterMs: 1000)
    return ProviderFailure(error, code == .upstreamOverloaded ? .overloaded(retryAfterMs: 1000) : .retryable)
  }
}
