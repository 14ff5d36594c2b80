import Testing
import WeirCore
import WeirWire

@Suite("Gateway")
struct GatewayTests {
  private func at(_ seconds: Double) -> MonotonicTime { .at(1000 + seconds) }

  private func call(_ id: CallID, model: String = "m", lane: Int = 0, bytes: Int = 0) -> GatewayCall {
    GatewayCall(callID: id, user: "u\(id)", model: model, lane: lane, bytes: bytes)
  }

  private func poll(_ gateway: inout Gateway, _ seconds: Double) -> [GatewayAction] {
    var actions: [GatewayAction] = []
    gateway.poll(now: at(seconds), into: &actions)
    return actions
  }

  private func starts(_ actions: [GatewayAction]) -> [AttemptStart] {
    actions.compactMap { if case .start(let start) = $0 { start } else { nil } }
  }

  @Test("an unknown model, a call twice and a full room are refused, and the room is that of all models together")
  func admission() {
    let endpoint = EndpointSettings(name: "e")
    var settings = GatewaySettings(
      endpoints: [endpoint],
      pools: [PoolSettings(model: "m", endpoints: ["e"]), PoolSettings(model: "n", endpoints: ["e"])])
    settings.queue.maximumWaiting = 3
    settings.endpoints[0].maximumConcurrent = 1
    var gateway = Gateway(settings, seed: 1)
    #expect(gateway.submit(call(1, model: "x"), now: at(0)) == .unknownModel)
    #expect(gateway.submit(call(1), now: at(0)) == .admitted)
    #expect(gateway.submit(call(1), now: at(0)) == .duplicate)
    #expect(starts(poll(&gateway, 0)).count == 1)
    #expect(gateway.submit(call(1, model: "n"), now: at(0)) == .duplicate, "also while it runs")
    for (id, model) in [(2, "m"), (3, "n"), (4, "m")] {
      #expect(gateway.submit(call(CallID(id), model: model), now: at(0)) == .admitted)
    }
    #expect(gateway.submit(call(5, model: "n"), now: at(0)) == .full(retryAfterMs: 1000))
    #expect(gateway.waiting == 3)
    #expect(gateway.cancel(3, now: at(0)).isEmpty)
    #expect(gateway.submit(call(5, model: "n"), now: at(0)) == .admitted)
  }

  @Test("a full provider's fallback stays unused; it is used while the provider is down, which is probed meanwhile")
  func priorities() {
    var best = EndpointSettings(name: "best")
    best.maximumConcurrent = 2
    var fallback = EndpointSettings(name: "fallback")
    fallback.priority = 1
    let day = GatewaySimulation(
      .one(best, fallback), providers: ["best": SimulatedProvider(), "fallback": SimulatedProvider()], seed: 5)
    for id in 1...20 { day.submit(call(CallID(id)), at: 0) }
    day.change(at: 30) { $0.providers["best"]?.trouble = .fails }
    day.change(at: 60) { $0.providers["best"]?.trouble = nil }
    for id in 21...200 { day.submit(call(CallID(id)), at: 30 + Double(id - 20) * 0.5) }
    day.run()
    #expect(day.count(.finished) == 200, "\(day.troubles)")
    func endpoints(_ from: Double, _ to: Double) -> [String] {
      day.attempts.filter { (from..<to).contains($0.at.since(day.start).seconds) }.map(\.start.endpoint)
    }
    #expect(endpoints(0, 30).allSatisfy { $0 == "best" })
    #expect(endpoints(40, 60).count { $0 == "best" } <= 3, "probes")
    #expect(endpoints(40, 60).count { $0 == "fallback" } > 30)
    #expect(endpoints(110, 121).allSatisfy { $0 == "best" })
  }

  @Test("calls go to the less loaded and faster of two endpoints, by weight", arguments: 1...3 as ClosedRange<UInt64>)
  func spread(seed: UInt64) {
    var heavy = EndpointSettings(name: "heavy")
    heavy.weight = 3
    let names = ["heavy", "light", "slow"]
    let endpoints = [heavy, EndpointSettings(name: "light"), EndpointSettings(name: "slow")]
    var providers = Dictionary(uniqueKeysWithValues: names.map { ($0, SimulatedProvider()) })
    providers["slow"]?.firstToken = 1.5...2.5
    let settings = GatewaySettings(endpoints: endpoints, pools: [PoolSettings(model: "m", endpoints: names)])
    let day = GatewaySimulation(settings, providers: providers, seed: seed)
    for id in 1...2000 { day.submit(call(CallID(id)), at: Double(id) * 0.05) }
    day.run()
    let counts = Dictionary(grouping: day.attempts, by: \.start.endpoint).mapValues(\.count)
    let (most, some, few) = (counts["heavy"] ?? 0, counts["light"] ?? 0, counts["slow"] ?? 0)
    #expect(most > some && some > 2 * few && few > 0, "seed \(seed): \(counts)")
  }

  @Test(
    "new rules: what stays keeps its health, what goes ends its calls, models that go fail those that wait"
  )
  func update() {
    var first = EndpointSettings(name: "e")
    first.maximumConcurrent = 1
    var settings = GatewaySettings(
      endpoints: [first, EndpointSettings(name: "old")],
      pools: [PoolSettings(model: "m", endpoints: ["e"]), PoolSettings(model: "n", endpoints: ["old"])])
    settings.endpoints[1].maximumConcurrent = 1
    var gateway = Gateway(settings, seed: 1)
    for (id, model) in [(1, "m"), (2, "m"), (3, "n"), (4, "n")] {
      _ = gateway.submit(call(CallID(id), model: model), now: at(0))
    }
    let running = starts(poll(&gateway, 0))
    #expect(Set(running.map(\.callID)) == [1, 3])
    let attempts = Dictionary(uniqueKeysWithValues: running.map { ($0.callID, $0.attempt) })
    if let attempt = attempts[1] {
      #expect(gateway.ended(attempt, .overloaded(retryAfter: .seconds(7)), now: at(1)) == .goesOn)
    }

    settings.endpoints = [first, EndpointSettings(name: "new")]
    settings.pools = [PoolSettings(model: "m", endpoints: ["e"]), PoolSettings(model: "o", endpoints: ["new"])]
    settings.lanes = [LaneSettings(name: "interactive-premium"), LaneSettings(name: "other")]
    gateway.update(settings, now: at(2))
    #expect(poll(&gateway, 2).contains(.fail(4, .modelRemoved)))
    #expect(gateway.submit(call(5, model: "n"), now: at(2)) == .unknownModel)
    let snapshot = gateway.snapshot(now: at(2))
    #expect(snapshot.endpoints.first { $0.name == "e" }?.heldUntil == at(8), "Retry-After outlives a change of rules")
    #expect(snapshot.endpoints.first { $0.name == "old" }?.isDraining == true)
    #expect(gateway.submit(call(6, model: "o"), now: at(2)) == .admitted)
    #expect(starts(poll(&gateway, 2)).map(\.endpoint) == ["new"])
    if let attempt = attempts[3] { #expect(gateway.ended(attempt, .finished, now: at(3)) == .ends) }
    #expect(gateway.takeEvents().contains(.endpointDrained(endpoint: "old")))
    #expect(gateway.snapshot(now: at(3)).endpoints.map(\.name) == ["e", "new"])
    #expect(starts(poll(&gateway, 7.9)).isEmpty)
    #expect(starts(poll(&gateway, 8)).map(\.callID) == [1])
  }

  @Test("who waits hears why: no place, the provider's wish, the provider's failure")
  func reasons() {
    let cases: [(SimulatedProvider.Answer?, QueueReason)] = [
      (nil, .capacity), (.overloaded(retryAfter: .seconds(5)), .rateLimit), (.fails, .providerDown),
    ]
    for (trouble, reason) in cases {
      var endpoint = EndpointSettings(name: "e")
      endpoint.maximumConcurrent = 1
      endpoint.breaker.consecutiveFailures = 1
      var provider = SimulatedProvider()
      provider.trouble = trouble
      let day = GatewaySimulation(.one(endpoint), providers: ["e": provider], seed: 1)
      for id in 1...3 { day.submit(call(CallID(id)), at: Double(id) * 0.3) }
      day.run(until: 1.6)
      #expect(day.calls[3]?.notices.last?.reason == reason)
    }
  }

  @Test("the slowest calls are those that have been here longest, with where they are")
  func slowest() {
    var endpoint = EndpointSettings(name: "e")
    endpoint.maximumConcurrent = 3
    var gateway = Gateway(.one(endpoint), seed: 1)
    for id in 1...20 {
      _ = gateway.submit(call(CallID(id)), now: at(Double(id)))
      _ = poll(&gateway, Double(id))
    }
    let slowest = gateway.snapshot(now: at(30), slowest: 5).slowest
    #expect(slowest.map(\.callID) == [1, 2, 3, 4, 5])
    #expect(slowest.map(\.endpoint) == ["e", "e", "e", nil, nil])
    #expect(slowest.map(\.age.seconds) == [29, 28, 27, 26, 25])
  }

  @Test("what becomes due between a poll and the question for the next one is not lost")
  func noLostWakeUp() {
    var gateway = Gateway(.one(EndpointSettings(name: "e")), seed: 1)
    _ = gateway.submit(call(1), now: at(0))
    let unpolled = gateway.nextDeadline
    #expect(unpolled != nil, "there is something to poll for")
    let attempt = starts(poll(&gateway, 0))[0].attempt
    _ = gateway.ended(attempt, .failedBeforeFirst(isRetryable: true), now: at(0.1))
    #expect(starts(poll(&gateway, 0.1)).isEmpty)
    // However late it is asked: the pause before the second attempt ends at the same time.
    let next = gateway.nextDeadline
    #expect(next.map { $0 > at(0.1) && $0 <= at(0.35) } ?? false)
    #expect(starts(poll(&gateway, 5)).map(\.kind) == [.retry])
  }

  @Test("ten thousand calls that wait are polled for at no cost when nothing changes")
  func idlePolls() {
    var endpoint = EndpointSettings(name: "e")
    endpoint.maximumConcurrent = 1
    var gateway = Gateway(.one(endpoint), seed: 1)
    for id in 1...10_000 { _ = gateway.submit(call(CallID(id)), now: at(0)) }
    var actions: [GatewayAction] = []
    while let next = gateway.nextDeadline, next < at(30) { gateway.poll(now: max(next, at(0)), into: &actions) }
    let time = ContinuousClock().measure { for _ in 1...10_000 { _ = poll(&gateway, 31) } }
    #expect(time < .seconds(2), "a walk of all that wait each time would take minutes")
  }
}
