internal import WeirCore
internal import WeirWire

/// The life of one call to the demo model: time in, text and actions out. The same limits of time hold as for a provider.
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
  private var text: DemoText
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
    endpoint: EndpointConfiguration, configuration: DemoConfiguration, messages: [PromptMessage], draw: UInt64,
    now: MonotonicTime
  ) {
    var configuration = configuration
    if draw % 100 >= UInt64(max(0, configuration.faultPercent)) {
      configuration.failAfterTokens = nil
      configuration.stallAfterTokens = nil
      configuration.refuseCode = nil
    }
    let asked = messages.last { $0.role == .user }?.text ?? ""
    let (question, applied) = DemoDirectives.apply(asked, to: configuration)
    let sofar = messages.last?.role == .assistant ? messages.last?.text ?? "" : ""
    self.endpoint = endpoint
    self.configuration = applied
    failure = CallFailure(model: endpoint.name)
    usageIn = messages.reduce(0) { $0 + TokenEstimate.tokens(ofMessage: $1.text) }
    text = DemoText(question: question, sofar: sofar, tokens: applied.answerTokens, seed: applied.seed)
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
  mutating func timerFired(now: MonotonicTime, text output: inout [UInt8]) -> CallAction {
    if let limit = deadlines.passed(now: now) { return .fail(failure.tooSlow(limit, endpoint.timeouts), .over) }
    if now < nextToken { return .none }
    if let code = configuration.refuseCode { return .fail(refusal(code), .over) }
    let due = min(Self.tokensPerTurn, dueTokens(now) - deltas)
    let before = output.count
    for _ in 0..<max(0, due) {
      if deltas == configuration.failAfterTokens { return .fail(failure.brokeOff, .over) }
      if deltas == configuration.stallAfterTokens {
        isStalled = true
        break
      }
      if !text.next(&output) { return finish(.complete) }
      deltas += 1
      if answerBytes + output.count - before > endpoint.maximumAnswerBytes {
        let end = UTF8Cut.end(in: output, from: before, limit: before + endpoint.maximumAnswerBytes - answerBytes)
        output.removeLast(output.count - end)
        answerBytes = endpoint.maximumAnswerBytes
        return finish(.length)
      }
    }
    if output.count > before {
      answerBytes += output.count - before
      deadlines.progressed(now: now)
    }
    return .none
  }

  private func dueTokens(_ now: MonotonicTime) -> Int {
    guard configuration.tokensPerSecond > 0 else { return .max }
    return Int(min(1e12, now.since(start).seconds * configuration.tokensPerSecond)) + 1
  }

  private func finish(_ reason: FinishReason) -> CallAction {
    .finish(reason, Usage(inputTokens: UInt64(usageIn), outputTokens: UInt64(deltas)), .over)
  }

  private func refusal(_ code: ErrorCode) -> WeirError {
    WeirError(
      code: code, message: "The demo model \"\(endpoint.name)\" was told to refuse. Try again.", retryable: true,
      retryAfterMs: 1000)
  }
}
