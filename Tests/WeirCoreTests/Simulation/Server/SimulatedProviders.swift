import WeirCore
import WeirWire

/// An attempt's answer, step by step.
struct SimulatedAnswer {
  enum Step {
    case text([UInt8])
    case part(PartMark)
    case signature(String)
    case finish(FinishReason, Usage)
    /// What the failure means if nothing of the answer has come.
    case fail(ErrorCode, AttemptOutcome)
  }

  var steps: [(pause: Interval, what: Step)]
  private var place = 0

  init(_ steps: [(pause: Interval, what: Step)] = []) {
    self.steps = steps
  }

  var next: (pause: Interval, what: Step)? { place < steps.count ? steps[place] : nil }

  mutating func takeNext() -> (pause: Interval, what: Step)? {
    defer { place += 1 }
    return next
  }
}

/// All providers, with what can be wrong with them (rule 7).
final class SimulatedProviders {
  enum Trouble: CaseIterable {
    case overloaded, retryAfter, serverError, badKey, refused, noFirstToken, slowFirstToken, stall,
      cut
  }

  private unowned let run: ServerSimulation
  private var outages: [String: (until: MonotonicTime, trouble: Trouble)] = [:]

  init(_ run: ServerSimulation) {
    self.run = run
  }

  /// An endpoint fails for a while, in one way.
  func beginOutage() {
    guard run.faults.hasOutages else { return }
    let endpoint = run.dice.pick(run.gatewaySettings.endpoints).name
    let trouble = run.dice.pick(Trouble.allCases)
    outages[endpoint] = (run.schedule.now + run.dice.millis(200, 8000), trouble)
    run.note("\(endpoint): \(trouble)")
  }

  func recover() { outages = [:] }

  /// The answer to a call, whose text so far goes before.
  func answer(_ request: UpstreamRequest, at endpoint: String, after spoken: [UInt8])
    -> SimulatedAnswer
  {
    var trouble: Trouble?
    if let outage = outages[endpoint], run.schedule.now < outage.until { trouble = outage.trouble }
    if trouble == nil, run.dice.perMille(run.faults.providerFault) {
      trouble = run.dice.pick(Trouble.allCases)
    }
    let soon = run.dice.millis(1, 60)
    func fails(_ code: ErrorCode, _ outcome: AttemptOutcome, after pause: Interval)
      -> SimulatedAnswer
    {
      SimulatedAnswer([(pause, .fail(code, outcome))])
    }
    switch trouble {
    case .overloaded: return fails(.upstreamOverloaded, .overloaded(retryAfter: nil), after: soon)
    case .retryAfter:
      let pause = run.dice.millis(100, 7000)
      return fails(.upstreamOverloaded, .overloaded(retryAfter: pause), after: soon)
    case .serverError:
      return fails(.upstreamFailed, .failedBeforeFirst(isRetryable: true), after: soon)
    case .badKey: return fails(.upstreamRejected, .rejected(keyIsBad: true), after: soon)
    case .refused: return fails(.upstreamRejected, .rejected(keyIsBad: false), after: soon)
    case .noFirstToken:
      return fails(.upstreamTimeout, .failedBeforeFirst(isRetryable: true), after: .seconds(5))
    case .slowFirstToken, .stall, .cut, nil: break
    }
    var answer = whole(request, after: spoken)
    if case .slowFirstToken? = trouble { answer.steps[0].pause = run.dice.millis(1000, 6000) }
    if trouble == .stall || trouble == .cut {
      answer.steps.removeLast(1 + run.dice.roll(answer.steps.count))
      let pause = trouble == .stall ? Interval.seconds(8) : soon
      let code: ErrorCode = trouble == .stall ? .upstreamTimeout : .upstreamFailed
      answer.steps.append((pause, .fail(code, .failedBeforeFirst(isRetryable: true))))
    }
    return answer
  }

  private func whole(_ request: UpstreamRequest, after spoken: [UInt8]) -> SimulatedAnswer {
    let tag = run.promises.tag(of: request)
    var answer = SimulatedAnswer()
    let pieces = run.dice.roll(8) == 0 ? run.dice.roll(60) : run.dice.roll(14)
    let rhythm: (UInt64, UInt64) = run.dice.half() ? (200, 5000) : (20_000, 400_000)
    let isPlain = !spoken.isEmpty || run.dice.half()
    var tool = 0
    var bytes = 0
    func pause() -> Interval { run.dice.micros(rhythm.0, rhythm.1) }
    for piece in 0..<pieces {
      if !isPlain, run.dice.roll(4) == 0 {
        let kind = run.dice.roll(3)
        if kind == 0 { answer.steps.append((pause(), .part(.text))) }
        if kind == 1, piece == 0 {
          answer.steps.append((pause(), .part(PartMark(kind: .reasoning))))
        }
        if kind == 2 {
          // Pieces of a call may come in turns with those of others.
          tool = tool == 0 || run.dice.half() ? tool + 1 : 1 + run.dice.roll(tool)
          answer.steps.append(
            (pause(), .part(PartMark(kind: .toolCall, toolCallID: "t\(tool)", toolName: "look"))))
        }
      }
      let filler = run.dice.pick([" a", " \u{E9}", "\u{1F600} ", " longer words than most "])
      let text = Array("\(tag)\(piece)\(filler)".utf8)
      bytes += text.count
      answer.steps.append((pause(), .text(text)))
    }
    if !isPlain, run.dice.roll(3) == 0 { answer.steps.append((pause(), .signature("proof"))) }
    let told = Usage(
      inputTokens: UInt64(run.dice.roll(20)), outputTokens: UInt64(min(bytes / 4, 100)))
    let reason: FinishReason = tool > 0 ? .toolCalls : run.dice.roll(8) == 0 ? .length : .complete
    answer.steps.append((pause(), .finish(reason, told)))
    return answer
  }
}
