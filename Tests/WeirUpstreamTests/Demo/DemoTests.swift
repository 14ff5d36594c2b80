import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

@Suite("Demo model")
struct DemoTests {
  /// What became of a call, in simulated time.
  struct Result {
    var text = ""
    var action = CallAction.none
    var tokenTimes: [UInt64] = []
    var deltas = 0
  }

  private func ask(
    _ question: String, sofar: String? = nil, stopAfter: Int = .max,
    _ change: (inout DemoConfiguration) -> Void = { _ in }, timeouts: CallTimeouts = CallTimeouts(), draw: UInt64 = 0
  ) -> Result {
    var configuration = DemoConfiguration()
    change(&configuration)
    var endpoint = EndpointConfiguration(name: "demo", kind: .demo(configuration))
    endpoint.timeouts = timeouts
    var messages = [PromptMessage(role: .system, text: "s"), PromptMessage(role: .user, text: question)]
    if let sofar { messages.append(PromptMessage(role: .assistant, text: sofar)) }
    let request = UpstreamRequest(callID: 1, shard: 0, user: "u", model: "", messages: messages)
    var call = DemoCall(endpoint: endpoint, configuration: configuration, request: request, draw: draw, now: .zero)
    var now = MonotonicTime.zero
    var output = AnswerOutput()
    var result = Result()
    while result.action == .none, call.deltas < stopAfter {
      now = max(now, call.deadline)
      let before = call.deltas
      result.action = call.timerFired(now: now, output: &output)
      for _ in before..<call.deltas { result.tokenTimes.append(now.nanoseconds / 1_000_000) }
    }
    result.text = String(decoding: output.text, as: UTF8.self)
    result.deltas = call.deltas
    return result
  }

  @Test("the demo model says what it is and repeats the question")
  func echo() {
    let answer = ask("  What is\na weir? ")
    #expect(answer.text.hasPrefix("This is Weir's built-in demo model, not a language model."))
    #expect(answer.text.contains("You wrote: “What is a weir?”"))
    guard case .finish(.complete, let usage?, .over) = answer.action else {
      Issue.record("it ended with \(answer.action)")
      return
    }
    #expect(usage.outputTokens == UInt64(answer.deltas) && usage.inputTokens > 0)
    let long = ask(String(repeating: "wörd ", count: 1000))
    #expect(long.text.utf8.count < 600)
    #expect(ask("").text.contains("demo model"))
  }

  @Test("the same question brings the same answer, another seed another one")
  func deterministic() {
    let first = ask("why", { $0.answerTokens = 200 }).text
    #expect(first == ask("why", { $0.answerTokens = 200 }).text)
    #expect(
      first
        != ask(
          "why",
          {
            $0.answerTokens = 200; $0.seed = 1
          }
        ).text)
    #expect(first != ask("how", { $0.answerTokens = 200 }).text)
    #expect(ask("why", { $0.answerTokens = 200 }).deltas == 200)
    #expect(ask("why", { $0.answerTokens = 3 }).deltas == 3)
  }

  @Test("an answer that was cut anywhere goes on to the text that an uncut one has")
  func continuation() {
    let question = "tell me [[tokens=60]]"
    let whole = ask(question).text
    let bytes = Array(whole.utf8)
    for cut in 0...bytes.count {
      guard let beginning = String(validating: bytes[..<cut], as: UTF8.self) else { continue }
      #expect(beginning + ask(question, sofar: beginning).text == whole, "cut at \(cut)")
    }
    let foreign = ask(question, sofar: "Another model wrote this.")
    #expect(foreign.text.hasPrefix(" "))
    #expect(foreign.deltas == 60)
    #expect(foreign.text == ask(question, sofar: "Another model wrote this.").text)
  }

  @Test("tokens come at the rate that was asked for")
  func rate() {
    let slow = ask(
      "x",
      {
        $0.answerTokens = 100; $0.tokensPerSecond = 50; $0.firstTokenDelay = .milliseconds(300)
      })
    #expect(slow.tokenTimes.count == 100)
    for (index, time) in slow.tokenTimes.enumerated() {
      let due = UInt64(300 + 20 * index)
      #expect((due...due + 2).contains(time), "token \(index) came at \(time) ms")
    }
    let fast = ask(
      "x",
      {
        $0.answerTokens = 1000; $0.tokensPerSecond = 100_000; $0.firstTokenDelay = .zero
      })
    #expect((fast.tokenTimes.last ?? 0) <= 12)
    let boundless = ask(
      "x",
      {
        $0.answerTokens = 1000; $0.tokensPerSecond = 0; $0.firstTokenDelay = .zero
      })
    #expect(boundless.tokenTimes.last == 0)
    #expect(boundless.deltas == 1000)
  }

  @Test("no more than a bounded number of tokens comes at a time")
  func bounded() {
    var configuration = DemoConfiguration()
    configuration.tokensPerSecond = 0
    configuration.answerTokens = 1000
    configuration.firstTokenDelay = .zero
    var call = DemoCall(
      endpoint: EndpointConfiguration(name: "demo", kind: .demo(configuration)), configuration: configuration,
      request: UpstreamRequest(callID: 1, shard: 0, user: "u", model: "", messages: []), draw: 0, now: .zero)
    var output = AnswerOutput()
    #expect(call.timerFired(now: .zero, output: &output) == .none)
    #expect(call.deltas == 128)
  }

  @Test("directives in the question steer the answer and are not repeated")
  func directives() {
    let steered = ask("hi [[tokens=30 rate=10 delay=1s nonsense rate=x tokens=-1]] there [[open")
    #expect(steered.deltas == 30)
    #expect(steered.text.contains("“hi there [[open”"))
    #expect(steered.tokenTimes.first.map { (1000...1002).contains($0) } == true)
    #expect(steered.tokenTimes.last.map { (3900...3902).contains($0) } == true)
    let failed = ask("x [[fail=20]]")
    #expect(failed.deltas == 20)
    #expect(failed.action == .fail(CallFailure(endpoint: "demo").brokeOff, .over))
  }

  @Test("faults come as configured: refusal, break, stall and silence")
  func faults() {
    var timeouts = CallTimeouts()
    timeouts.stall = .seconds(3)
    let refused = ask("x", { $0.refuseCode = .upstreamOverloaded })
    guard case .fail(let failure, .over) = refused.action else {
      Issue.record("it ended with \(refused.action)")
      return
    }
    #expect(failure.error.code == .upstreamOverloaded && refused.text.isEmpty)
    let stalled = ask("x", { $0.stallAfterTokens = 5 }, timeouts: timeouts)
    #expect(stalled.deltas == 5)
    #expect(stalled.action == .fail(CallFailure(endpoint: "demo").tooSlow(.stall, timeouts), .over))
    let silent = ask("x", { $0.stallAfterTokens = 0 }, timeouts: timeouts)
    #expect(silent.action == .fail(CallFailure(endpoint: "demo").tooSlow(.firstToken, timeouts), .over))
    let spared = ask(
      "x",
      {
        $0.failAfterTokens = 1; $0.faultPercent = 30
      }, draw: 30)
    #expect(spared.deltas > 1)
    #expect(
      ask(
        "x",
        {
          $0.failAfterTokens = 1; $0.faultPercent = 30
        }, draw: 29
      ).deltas == 1)
  }

  @Test("a paused answer goes on at its rate, without catching up")
  func paused() {
    var configuration = DemoConfiguration()
    configuration.firstTokenDelay = .zero
    configuration.answerTokens = 100
    configuration.tokensPerSecond = 100
    var call = DemoCall(
      endpoint: EndpointConfiguration(name: "demo", kind: .demo(configuration)), configuration: configuration,
      request: UpstreamRequest(callID: 1, shard: 0, user: "u", model: "", messages: []), draw: 0, now: .zero)
    var output = AnswerOutput()
    func at(_ milliseconds: UInt64) -> MonotonicTime { .zero + .milliseconds(milliseconds) }
    _ = call.timerFired(now: at(100), output: &output)
    #expect(call.deltas == 11)
    call.setPaused(true, now: at(100))
    #expect(call.deadline > at(100_000))
    call.setPaused(false, now: at(5100))
    _ = call.timerFired(now: at(5112), output: &output)
    #expect(call.deltas == 12)
  }
}
