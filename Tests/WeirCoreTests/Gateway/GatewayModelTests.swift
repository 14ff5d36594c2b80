import Testing
import WeirCore

@Suite("Gateway model")
struct GatewayModelTests {
  @Test(
    "random days with every fault and change of rules: each call ends once, no limit is passed, nothing is left behind",
    arguments: 1...40 as ClosedRange<UInt64>)
  func random(seed: UInt64) {
    var random = SplitMix64(seed: seed &* 7919)
    let names = ["a", "b", "c", "d"]
    var settings = Self.settings(names, &random)
    var providers: [String: SimulatedProvider] = [:]
    for name in names { providers[name] = SimulatedProvider(capacity: Int.random(in: 2...12, using: &random)) }
    let day = GatewaySimulation(settings, providers: providers, seed: seed)
    // Every third day is seen by one who looks only now and then.
    if seed % 3 == 0 { day.quantum = 30_000_000 }
    let horizon = 120.0
    for id in CallID(1)...400 {
      let time = Double.random(in: 0...horizon, using: &random)
      var call = GatewayCall(
        callID: id, user: "u\(Int.random(in: 0..<20, using: &random))", model: Bool.random(using: &random) ? "m" : "n",
        lane: Int.random(in: 0...2, using: &random), cost: Int.random(in: 1...20_000, using: &random), bytes: 100,
        mayResumeElsewhere: Bool.random(using: &random))
      if Int.random(in: 0..<4, using: &random) == 0 { call.startBy = day.start + .fraction(time + 10) }
      day.submit(call, at: time)
      if Int.random(in: 0..<8, using: &random) == 0 {
        day.change(at: time + Double.random(in: 0...3, using: &random)) { $0.cancel(id) }
      }
    }
    for _ in 1...60 {
      let name = names.randomElement(using: &random) ?? "a"
      let trouble = Self.trouble(&random)
      day.change(at: Double.random(in: 0...horizon, using: &random)) { $0.providers[name]?.trouble = trouble }
    }
    for _ in 1...6 {
      // Both models stay, so that what is submitted later is known; endpoints come and go.
      settings = Self.settings(names, &random)
      day.change(at: Double.random(in: 0...horizon, using: &random)) { [settings] in
        $0.gateway.update(settings, now: $0.now)
      }
    }
    day.change(at: horizon + 10) { day in for name in names { day.providers[name]?.trouble = nil } }
    var inFlight: [String: Int] = [:]
    var limits: [String: Int] = [:]
    day.run { day in
      let snapshot = day.gateway.snapshot(now: day.now)
      for endpoint in snapshot.endpoints {
        let before = inFlight[endpoint.name] ?? 0
        // A limit may fall below what runs; then nothing more starts.
        let limit = max(limits[endpoint.name] ?? 0, endpoint.limit)
        if endpoint.inFlight > before, endpoint.breaker == .closed, !endpoint.isDraining {
          #expect(endpoint.inFlight <= limit + 1, "seed \(seed): \(endpoint)")
        }
        inFlight[endpoint.name] = endpoint.inFlight
        limits[endpoint.name] = endpoint.limit
      }
      #expect(snapshot.retryBudgetLeft >= 0, "seed \(seed)")
      let live = day.calls.values.count { $0.end == nil }
      #expect(day.gateway.waiting + day.gateway.running == live, "seed \(seed)")
    }
    #expect(day.calls.count == 400 && day.calls.values.allSatisfy { $0.end != nil }, "seed \(seed): \(day.troubles)")
    let attempts = Dictionary(grouping: day.attempts, by: \.start.callID)
    #expect(attempts.values.allSatisfy { $0.count <= 3 }, "seed \(seed)")
    let firsts = day.attempts.count { $0.start.kind == .first }
    let extra = day.attempts.count - firsts
    let minimum = Double(settings.retries.budgetMinimum)
    let allowed = 0.1 * Double(firsts) + 2 * minimum + minimum * (day.clock / 10 + 1)
    #expect(Double(extra) <= allowed, "seed \(seed): \(extra) for \(firsts)")
    let rest = day.gateway.snapshot(now: day.now)
    #expect(rest.endpoints.allSatisfy { $0.inFlight == 0 && !$0.isDraining }, "seed \(seed)")
    #expect(
      rest.pools.allSatisfy { $0.lanes.allSatisfy { $0.running == 0 && $0.waiting == 0 && $0.waitingBytes == 0 } })
    let next = day.gateway.nextDeadline
    #expect(rest.slowest.isEmpty && next == nil, "seed \(seed)")
    #expect(day.providers.values.allSatisfy { $0.running == 0 }, "seed \(seed)")
    checkOrder(day, seed)
  }

  /// First attempts of a user in a lane of a model come in the order of submission. (A change of lanes moves calls
  /// between them, so only days' users within one lane name are compared.)
  private func checkOrder(_ day: GatewaySimulation, _ seed: UInt64) {
    struct Line: Hashable {
      let user: UserID
      let model: String
      let lane: Int
    }
    for (_, calls) in Dictionary(
      grouping: day.calls.values, by: { Line(user: $0.call.user, model: $0.call.model, lane: $0.call.lane) })
    {
      let ranks = calls.sorted { $0.number < $1.number }.compactMap(\.rank)
      #expect(ranks == ranks.sorted(), "seed \(seed): out of order")
    }
  }

  private static func settings(_ names: [String], _ random: inout SplitMix64) -> GatewaySettings {
    var endpoints: [EndpointSettings] = []
    for name in names where endpoints.isEmpty || Int.random(in: 0..<5, using: &random) > 0 {
      var endpoint = EndpointSettings(name: name)
      endpoint.priority = Int.random(in: 0...1, using: &random)
      endpoint.weight = Int.random(in: 1...3, using: &random)
      endpoint.maximumConcurrent = Int.random(in: 1...20, using: &random)
      endpoint.keys = (0..<Int.random(in: 0...3, using: &random)).map { UInt64($0 + 1) }
      if Bool.random(using: &random) { endpoint.requestsPerMinute = Int.random(in: 200...2000, using: &random) }
      if Bool.random(using: &random) {
        endpoint.tokensPerMinute = Int.random(in: 2_000_000...9_000_000, using: &random)
      }
      endpoints.append(endpoint)
    }
    var settings = GatewaySettings(
      endpoints: endpoints,
      pools: [
        PoolSettings(model: "m", endpoints: endpoints.map(\.name)),
        PoolSettings(model: "n", endpoints: endpoints.suffix(2).map(\.name)),
      ])
    if Bool.random(using: &random) { settings.pools[0].hedgeAfterShare = 0.9 }
    settings.lanes[0].weight = Int.random(in: 1...8, using: &random)
    settings.lanes[2].maximumShare = Double.random(in: 0.2...1, using: &random)
    for lane in settings.lanes.indices { settings.lanes[lane].maximumWait = .seconds(60) }
    settings.queue.quantum = 4000
    settings.retries.budgetMinimum = 2
    return settings
  }

  private static func trouble(_ random: inout SplitMix64) -> SimulatedProvider.Answer? {
    switch Int.random(in: 0..<9, using: &random) {
    case 0: .fails
    case 1: .overloaded(retryAfter: nil)
    case 2: .overloaded(retryAfter: .seconds(3))
    case 3: .rejected(keyIsBad: false)
    case 4: .breaksOff(first: .milliseconds(50), whole: .milliseconds(300))
    default: nil
    }
  }
}
