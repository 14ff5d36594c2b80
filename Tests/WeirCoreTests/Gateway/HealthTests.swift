import Testing
import WeirWire

@testable import WeirCore

@Suite("Endpoint health")
struct HealthTests {
  private func at(_ seconds: Double) -> MonotonicTime { .at(1000 + seconds) }

  // MARK: Breaker

  @Test(
    "the breaker opens after five failures in a row, probes with one call, and waits longer after each failed probe",
    arguments: 1...20 as ClosedRange<UInt64>)
  func breaker(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var breaker = CircuitBreaker()
    for _ in 1...4 { #expect(breaker.failed(isProbe: false, now: at(0), using: &random) == nil) }
    var opened = breaker.failed(isProbe: false, now: at(0), using: &random)
    var now = at(0)
    for expected in [2.0, 4, 8, 16, 32, 45, 45] {
      guard case .opened(let until) = opened else {
        Issue.record("seed \(seed): not open")
        return
      }
      let time = until.since(now).seconds
      #expect(time >= 0.8 * expected && time <= 1.2 * expected, "seed \(seed): \(time)")
      #expect(!breaker.wantsProbe(now: until.earlier) && breaker.wantsProbe(now: until))
      breaker.probeStarted()
      #expect(!breaker.wantsProbe(now: until + .seconds(100)), "one probe at a time")
      #expect(breaker.succeeded(isProbe: false, now: until) == nil, "an old call's end says nothing")
      now = until
      opened = breaker.failed(isProbe: true, now: now, using: &random)
    }
    guard case .opened(let until) = opened else { return }
    breaker.probeStarted()
    breaker.probeCancelled(now: until)
    #expect(breaker.wantsProbe(now: until), "a cancelled probe told nothing")
    breaker.probeStarted()
    #expect(breaker.succeeded(isProbe: true, now: until) == .closed)
    #expect(breaker.failed(isProbe: false, now: until, using: &random) == nil)
  }

  @Test("the breaker opens when half of many calls fail, though never five in a row")
  func breakerRate() {
    var random = SplitMix64(seed: 1)
    var breaker = CircuitBreaker()
    var opened = false
    for step in 0..<30 where !opened {
      _ = breaker.succeeded(isProbe: false, now: at(Double(step) * 0.1))
      opened = breaker.failed(isProbe: false, now: at(Double(step) * 0.1), using: &random) != nil
      #expect(!opened || step >= 4)
    }
    #expect(opened)
    var patient = CircuitBreaker()
    for step in 0..<300 {
      // A third fails: bad, but better than nothing.
      let now = at(Double(step) * 0.1)
      _ = patient.succeeded(isProbe: false, now: now)
      _ = patient.succeeded(isProbe: false, now: now)
      #expect(patient.failed(isProbe: false, now: now, using: &random) == nil)
    }
  }

  // MARK: Limit

  /// Runs calls against a provider with so much room, as many as allowed at once, for so many rounds; the number
  /// refused.
  private func play(_ limit: inout AdaptiveLimit, room: Int, rounds: Int, clock: inout Double) -> Int {
    var refused = 0
    for _ in 0..<rounds {
      let allowed = limit.current
      let startedAt = at(clock)
      clock += 0.5
      // Refusals come at once, first tokens take a while.
      for number in (1...allowed).reversed() {
        if number > room {
          limit.overloaded(atStart: number, inFlight: allowed, startedAt: startedAt, now: at(clock))
          refused += 1
        } else {
          limit.accepted(atStart: number, inFlight: limit.current, startedAt: startedAt, now: at(clock))
        }
      }
    }
    return refused
  }

  @Test("the limit finds the provider's room quickly, and then asks for more only now and then")
  func limitFindsRoom() {
    var limit = AdaptiveLimit(initial: 16, ceiling: 256)
    var clock = 0.0
    _ = play(&limit, room: 20, rounds: 4, clock: &clock)
    #expect(limit.current == 20)
    let refused = play(&limit, room: 20, rounds: 2000, clock: &clock)
    #expect(refused <= 16, "in a thousand seconds: \(refused)")
    #expect((20...21).contains(limit.current))
  }

  @Test("calls that stay long do not slow the start: those that wait for a first token double with each round")
  func limitStartsQuickly() {
    var limit = AdaptiveLimit(initial: 64, ceiling: 5000)
    var running = 0
    for round in 0..<4 {
      let startedAt = at(Double(round))
      let waiting = limit.current - running
      #expect(waiting == 64 << round)
      for _ in 0..<waiting {
        running += 1
        let now = at(Double(round) + 0.5)
        limit.accepted(atStart: limit.current, inFlight: limit.current, startedAt: startedAt, now: now)
      }
    }
    #expect(running == 64 * 15, "nearly a thousand run after four first tokens' time")
  }

  @Test("the limit follows the room down at once, and up within minutes")
  func limitFollows() {
    var limit = AdaptiveLimit(initial: 16, ceiling: 256)
    var clock = 0.0
    _ = play(&limit, room: 40, rounds: 20, clock: &clock)
    #expect((40...41).contains(limit.current))
    _ = play(&limit, room: 10, rounds: 8, clock: &clock)
    #expect(limit.current <= 10)
    _ = play(&limit, room: 30, rounds: 400, clock: &clock)
    #expect(limit.current >= 25, "\(limit.current)")
    _ = play(&limit, room: .max, rounds: 4000, clock: &clock)
    #expect(limit.current == 256, "never above the ceiling")
  }

  @Test("a limit that is not used does not grow, and one that fell starts with one call after an outage")
  func limitUnused() {
    var limit = AdaptiveLimit(initial: 16, ceiling: 256)
    for second in 1...100 {
      limit.accepted(atStart: 2, inFlight: 2, startedAt: at(Double(second)), now: at(Double(second) + 0.5))
    }
    #expect(limit.current == 16)
    limit.recovers(now: at(200))
    #expect(limit.current == 1)
    var clock = 201.0
    _ = play(&limit, room: .max, rounds: 3, clock: &clock)
    #expect(limit.current == 8, "doubled thrice, up to half of before")
    _ = play(&limit, room: .max, rounds: 4, clock: &clock)
    #expect((11...12).contains(limit.current), "then one for each round: \(limit.current)")
  }

  @Test("rising latency lowers the limit; latency as it always was does not")
  func limitLatency() {
    var limit = AdaptiveLimit(initial: 100, ceiling: 256)
    for second in 1...50 { limit.measured(.milliseconds(300), startedAt: at(Double(second)), now: at(Double(second))) }
    #expect(limit.current == 100)
    for second in 51...110 {
      limit.measured(.milliseconds(2000), startedAt: at(Double(second)), now: at(Double(second)))
    }
    #expect(limit.current < 70, "\(limit.current)")
  }

  @Test("what slowness has taken off comes back while calls wait, also if no answer ends")
  func limitEases() {
    var limit = AdaptiveLimit(initial: 1000, ceiling: 5000)
    for call in 0..<100 { limit.measured(.milliseconds(100), startedAt: at(Double(call)), now: at(Double(call) + 0.1)) }
    #expect(limit.easesAt == nil, "nothing was taken off")
    for call in 100..<180 { limit.measured(.seconds(3), startedAt: at(Double(call)), now: at(Double(call) + 3)) }
    let lowered = limit.current
    #expect(lowered < 500, "\(lowered)")
    // Nobody waits for an hour; then it does not jump.
    limit.eases(now: at(3600))
    #expect(limit.current <= lowered * 12 / 10, "\(limit.current)")
    while let next = limit.easesAt, next < at(3610) { limit.eases(now: next) }
    #expect((1000...1500).contains(limit.current), "as many as before within ten seconds: \(limit.current)")
    // One that is slow again lowers it again, and one that is refused says more than slowness.
    for call in 3700..<3708 { limit.measured(.seconds(3), startedAt: at(Double(call)), now: at(Double(call) + 3)) }
    let again = limit.current
    limit.overloaded(atStart: again, inFlight: again, startedAt: at(3720), now: at(3721))
    #expect(limit.easesAt == nil)
  }

  // MARK: Rates

  @Test("a rate of sixty a minute lets ten through at once, then one a second")
  func rateBucket() {
    var bucket = RateBucket(perMinute: 60)
    for _ in 1...10 {
      #expect(bucket.wait(for: 1, now: at(0)) == .zero)
      bucket.take(1, now: at(0))
    }
    #expect((0.99...1.01).contains(bucket.wait(for: 1, now: at(0)).seconds))
    #expect(bucket.wait(for: 1, now: at(1.001)) == .zero)
    #expect(bucket.wait(for: 1_000_000, now: at(10.01)) == .zero, "what is more than all fits when it is full")
    bucket.take(3000, now: at(10.01))
    #expect(bucket.wait(for: 1, now: at(11)) > .seconds(2900), "and is made up for")
  }

  @Test(
    "a report of limits that tells no rate to refill at is over when its time is",
    arguments: [(nil, 0, 0.0), (60, 0, 0), (nil, 0, 1), (3, 3, 1), (60, 0, 60)] as [(Int?, Int, Double)])
  func reportIsOver(limit: Int?, remaining: Int, reset: Double) {
    var window = ProviderWindow()
    let reading = RateLimitReading(limit: limit, remaining: remaining, resetAfter: .milliseconds(UInt64(reset * 1000)))
    window.report(reading, spentThen: 0, now: at(1))
    for second in 0..<20 {
      let now = at(1 + reset + Double(second))
      #expect(window.wait(for: 1, now: now) == .zero, "\(second) s after its time")
      window.spend(1, now: now)
    }
  }

  @Test("whatever a provider says a call has cost, or is left, it holds up nobody for more than an hour")
  func absurd() {
    for perMinute in [1, 90_000, 29_000_000, .max] {
      var bucket = RateBucket(perMinute: perMinute)
      for _ in 1...3 { bucket.take(1 << 53, now: at(1)) }
      let wait = bucket.wait(for: 1, now: at(1)).seconds
      #expect(wait <= 3661, "\(perMinute)")
      #expect(bucket.remaining(now: at(1)) >= 0)
      #expect(bucket.wait(for: 1, now: at(1 + wait)) == .zero)
    }
    for remaining in [Int.max, .min] {
      var window = ProviderWindow()
      window.report(
        RateLimitReading(limit: .max, remaining: remaining, resetAfter: .seconds(1)), spentThen: 0, now: at(1))
      window.spend(1000, now: at(1))
      #expect(window.remaining(now: at(1)).map { 0...1 << 53 ~= $0 } == true)
    }
  }

  @Test("calls a minute stay below what is configured", arguments: 1...3 as ClosedRange<UInt64>)
  func requestsPerMinute(seed: UInt64) {
    var endpoint = EndpointSettings(name: "e")
    endpoint.requestsPerMinute = 120
    let day = GatewaySimulation(.one(endpoint), providers: ["e": SimulatedProvider()], seed: seed)
    for id in 1...400 { day.submit(GatewayCall(callID: CallID(id), user: "u\(id)", model: "m"), at: 0) }
    day.run(until: 130)
    for minute in [0.0, 30, 60] {
      let count = day.attempts.count { (minute..<minute + 60).contains($0.at.since(day.start).seconds) }
      #expect(count <= 141 && count >= 115, "seed \(seed): \(count)")
    }
    #expect(day.calls[390]?.notices.contains { $0.reason == .rateLimit } == true)
  }

  @Test("tokens a minute are debited by the estimate and corrected by the real cost")
  func tokensPerMinute() {
    var endpoint = EndpointSettings(name: "e")
    endpoint.tokensPerMinute = 6000
    var gateway = Gateway(.one(endpoint), seed: 1)
    func started(_ now: MonotonicTime) -> [AttemptID] {
      var actions: [GatewayAction] = []
      gateway.poll(now: now, into: &actions)
      return actions.compactMap { if case .start(let start) = $0 { start.attempt } else { nil } }
    }
    for id in 1...3 {
      _ = gateway.submit(GatewayCall(callID: CallID(id), user: "u\(id)", model: "m", cost: 900), now: at(0))
    }
    let first = started(at(0))
    #expect(first.count == 1, "a thousand are there, 900 gone")
    #expect(gateway.ended(first[0], .finished, tokens: 100, now: at(1)) == .ends)
    #expect(started(at(1)).count == 1, "800 came back")
    #expect(started(at(1.5)).isEmpty)
    let next = gateway.nextDeadline
    #expect(next.map { $0 > at(1.5) && $0 <= at(10.1) } ?? false)
    #expect(started(at(10.1)).count == 1)
  }

  @Test("what the provider's headers say is left is not overdrawn, and its reset is waited for")
  func headers() {
    var gateway = Gateway(.one(EndpointSettings(name: "e")), seed: 1)
    func started(_ now: MonotonicTime) -> [AttemptStart] {
      var actions: [GatewayAction] = []
      gateway.poll(now: now, into: &actions)
      return actions.compactMap { if case .start(let start) = $0 { start } else { nil } }
    }
    for id in 1...10 { _ = gateway.submit(GatewayCall(callID: CallID(id), user: "u\(id)", model: "m"), now: at(0)) }
    let volley = started(at(0))
    #expect(volley.count == 10)
    // The first of ten says that twelve are left: the other nine are not in that yet.
    let left = RateLimitReading(remaining: 12, resetAfter: .seconds(20))
    gateway.headers(volley[0].attempt, RateLimitReadings(requests: left), now: at(0.1))
    for start in volley { _ = gateway.ended(start.attempt, .finished, now: at(0.2)) }
    for id in 11...20 { _ = gateway.submit(GatewayCall(callID: CallID(id), user: "u\(id)", model: "m"), now: at(0.3)) }
    #expect(started(at(0.3)).count == 3)
    #expect(gateway.snapshot(now: at(0.3)).endpoints[0].remainingRequests == 0)
    #expect(started(at(20)).isEmpty)
    #expect(started(at(20.2)).count == 7)
  }
}

extension MonotonicTime {
  fileprivate var earlier: MonotonicTime { MonotonicTime(nanoseconds: nanoseconds - 1) }
}
