import Testing
import WeirCore

@Suite("Retry budget and throttle")
struct BudgetTests {
  private func at(_ seconds: Double) -> MonotonicTime { .at(1000 + seconds) }

  @Test(
    "second attempts stay within a tenth of the first ones, whatever fails", arguments: 1...10 as ClosedRange<UInt64>)
  func share(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var budget = RetryBudget()
    var firsts = 0
    var spent = 0
    var clock = 0.0
    for _ in 1...20_000 {
      clock += Double.random(in: 0...0.02, using: &random)
      budget.earn(now: at(clock))
      firsts += 1
      while budget.hasOne(now: at(clock)) {
        budget.spend(now: at(clock))
        spent += 1
      }
    }
    #expect(Double(spent) <= 0.1 * Double(firsts) + 4, "seed \(seed): \(spent) for \(firsts)")
    #expect(Double(spent) >= 0.099 * Double(firsts), "seed \(seed)")
  }

  @Test("quiet times earn a little, and a day without failures does not buy a storm")
  func bounds() {
    var budget = RetryBudget()
    for second in 0..<3600 { for _ in 0..<20 { budget.earn(now: at(Double(second))) } }
    #expect(budget.remaining <= 24, "a tenth of ten seconds' traffic: \(budget.remaining)")
    // An hour later, all that traffic is long gone.
    let hasSome = budget.hasOne(now: at(7200))
    #expect(hasSome && budget.remaining <= 4)
    while budget.hasOne(now: at(7200)) { budget.spend(now: at(7200)) }
    let tooEarly = budget.hasOne(now: at(7205))
    let later = budget.hasOne(now: at(7211))
    #expect(!tooEarly && later)
  }

  @Test("the throttle holds nothing back while half is taken, and nearly all when nothing is")
  func throttle() {
    var throttle = AdaptiveThrottle()
    for _ in 1...100 {
      throttle.note(isAccepted: true, now: at(0))
      throttle.note(isAccepted: false, now: at(0))
    }
    #expect(throttle.probability(now: at(0)) == 0)
    for _ in 1...1000 { throttle.note(isAccepted: false, now: at(1)) }
    let expected = (1200.0 - 2 * 100) / 1201
    let probability = throttle.probability(now: at(1))
    #expect(abs(probability - expected) < 1e-12)
    #expect(throttle.probability(now: at(40)) == 0, "half a minute later it is forgotten")
  }

  @Test(
    "the pool's throttle spares providers that fail most calls, and nobody errors for it",
    arguments: 1...3 as ClosedRange<UInt64>)
  func throttledPool(seed: UInt64) {
    // Never five in a row and rarely half of a window: the breakers must not do it here.
    var settings = GatewaySettings.one(EndpointSettings(name: "e"))
    settings.endpoints[0].breaker.consecutiveFailures = 1000
    settings.endpoints[0].breaker.failureShare = 2
    settings.retries.maximumAttempts = 50
    let day = GatewaySimulation(settings, providers: ["e": SimulatedProvider()], seed: seed)
    day.providers["e"]?.trouble = .fails
    for id in 1...600 { day.submit(GatewayCall(callID: CallID(id), user: "u\(id)", model: "m"), at: Double(id) * 0.1) }
    day.change(at: 60) { $0.providers["e"]?.trouble = nil }
    day.run()
    let whileDown = day.attempts.count { $0.at < day.start + .seconds(60) }
    #expect(whileDown < 120, "seed \(seed): \(whileDown) of 600 that were offered")
    #expect(day.gateway.totals.throttled > 50, "seed \(seed)")
    #expect(day.count(.finished) == 600, "seed \(seed): \(day.troubles)")
    #expect(day.clock < 150, "seed \(seed): \(day.clock)")
  }
}
