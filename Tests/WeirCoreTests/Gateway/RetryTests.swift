import Testing
import WeirCore

@Suite("Retries")
struct RetryTests {
  private func call(_ id: CallID, user: UserID = "u", lane: Int = 0, mayResume: Bool = false) -> GatewayCall {
    GatewayCall(callID: id, user: user, model: "m", lane: lane, mayResumeElsewhere: mayResume)
  }

  private func day(_ settings: GatewaySettings, seed: UInt64 = 1, _ trouble: [String: SimulatedProvider.Answer] = [:])
    -> GatewaySimulation
  {
    var providers: [String: SimulatedProvider] = [:]
    for endpoint in settings.endpoints {
      providers[endpoint.name] = SimulatedProvider()
      providers[endpoint.name]?.trouble = trouble[endpoint.name]
    }
    return GatewaySimulation(settings, providers: providers, seed: seed)
  }

  private func since(_ day: GatewaySimulation, _ attempt: Int) -> Double {
    day.attempts[attempt].at.since(day.start).seconds
  }

  @Test(
    "a 429 with Retry-After: 7 is not tried again before 7 s, and then at once", arguments: 1...5 as ClosedRange<UInt64>
  )
  func retryAfter(seed: UInt64) {
    let day = day(.one(EndpointSettings(name: "e")), seed: seed, ["e": .overloaded(retryAfter: .seconds(7))])
    for id in 1...5 { day.submit(call(CallID(id), user: "u\(id)"), at: 0) }
    day.change(at: 3) { $0.providers["e"]?.trouble = nil }
    day.submit(call(6, user: "later"), at: 3.5)
    day.run()
    #expect(day.count(.finished) == 6, "seed \(seed): \(day.troubles)")
    let refusedAt = day.attempts.prefix(5).map { $0.at }.max() ?? .zero
    let next = day.attempts.dropFirst(5).map { $0.at.since(refusedAt).seconds }.min() ?? 0
    #expect(next >= 7 && next <= 7.1, "seed \(seed): \(next) s")
    #expect(day.attempts.dropFirst(5).allSatisfy { $0.at.since(refusedAt) >= .seconds(7) })
  }

  @Test("when one endpoint wants to be left alone, another gets the call at once")
  func retryAfterElsewhere() {
    var fallback = EndpointSettings(name: "fallback")
    fallback.priority = 1
    let day = day(.one(EndpointSettings(name: "e"), fallback), ["e": .overloaded(retryAfter: .seconds(7))])
    day.submit(call(1), at: 0)
    day.submit(call(2, user: "v"), at: 1)
    day.change(at: 2) { $0.providers["e"]?.trouble = nil }
    day.submit(call(3, user: "w"), at: 8)
    day.run()
    #expect(day.attempts.map(\.start.endpoint) == ["e", "fallback", "fallback", "e"])
    #expect(since(day, 1) < 0.1)
    #expect(day.count(.finished) == 3)
  }

  @Test("the 429 of one key holds that key, not the other")
  func keys() {
    var endpoint = EndpointSettings(name: "e")
    endpoint.keys = [11, 22]
    let day = day(.one(endpoint), ["e": .overloaded(retryAfter: .seconds(7))])
    day.submit(call(1), at: 0)
    day.change(at: 0.01) { $0.providers["e"]?.trouble = nil }
    for id in 2...6 { day.submit(call(CallID(id), user: "u\(id)"), at: Double(id)) }
    day.submit(call(7, user: "last"), at: 9)
    day.submit(call(8, user: "last too"), at: 9)
    day.run()
    let held = day.attempts[0].start.key
    for attempt in day.attempts.dropFirst() where attempt.at.since(day.start) < .seconds(7) {
      #expect(attempt.start.key != held)
    }
    #expect(since(day, 1) < 0.1)
    #expect(day.attempts.suffix(2).contains { $0.start.key == held }, "free again after 7 s")
    #expect(day.count(.finished) == 8)
  }

  @Test("what the provider rejects is never tried again", arguments: [false, true])
  func rejected(keyIsBad: Bool) {
    let day = day(
      .one(EndpointSettings(name: "e"), EndpointSettings(name: "f")),
      ["e": .rejected(keyIsBad: keyIsBad), "f": .rejected(keyIsBad: keyIsBad)])
    day.submit(call(1), at: 0)
    day.run()
    #expect(day.attempts.count == 1)
    #expect(day.calls[1]?.end == .failed(.rejected(keyIsBad: keyIsBad)))
  }

  @Test("a bad key is set aside and reported, while another works")
  func badKey() {
    var endpoint = EndpointSettings(name: "e")
    endpoint.keys = [11, 22]
    let day = day(.one(endpoint), ["e": .rejected(keyIsBad: true)])
    day.submit(call(1), at: 0)
    day.change(at: 0.01) { $0.providers["e"]?.trouble = nil }
    for id in 2...10 { day.submit(call(CallID(id), user: "u\(id)"), at: 1) }
    day.run(until: 20)
    let bad = day.attempts[0].start.key
    #expect(day.attempts.dropFirst().allSatisfy { $0.start.key != bad } && day.attempts.count == 10)
    #expect(day.events.map(\.event).contains(.keySetAside(endpoint: "e", key: bad)))
    #expect(day.gateway.snapshot(now: day.now).endpoints[0].keysSetAside == 1)
  }

  @Test(
    "when no key is left, calls fail at once instead of waiting for what an operator must do; a new key helps at once")
  func noKey() {
    var endpoint = EndpointSettings(name: "e")
    endpoint.keys = [11]
    let day = day(.one(endpoint), ["e": .rejected(keyIsBad: true)])
    day.submit(call(1), at: 0)
    day.submit(call(2), at: 1)
    day.change(at: 2) { #expect($0.gateway.submit(self.call(3), now: $0.now) == .noUsableKey) }
    day.change(at: 3) { day in
      day.providers["e"]?.trouble = nil
      endpoint.keys = [12]
      day.gateway.update(.one(endpoint), now: day.now)
    }
    day.submit(call(4), at: 3.1)
    day.run()
    #expect(day.count(.failed(.rejected(keyIsBad: true))) == 2, "one refusal may be a mistake of the provider's")
    #expect(day.calls[4]?.end == .finished)
    #expect(day.attempts.map(\.start.key) == [11, 11, 12])
  }

  @Test(
    "three attempts are the most, with growing pauses, and the last error is the user's",
    arguments: 1...10 as ClosedRange<UInt64>)
  func threeAttempts(seed: UInt64) {
    let day = day(.one(EndpointSettings(name: "e")), seed: seed, ["e": .fails])
    day.submit(call(1), at: 0)
    day.run()
    #expect(day.attempts.map(\.start.kind) == [.first, .retry, .retry])
    #expect(day.calls[1]?.end == .failed(.failedBeforeFirst(isRetryable: true)))
    #expect(since(day, 1) <= 0.06 + 0.25 && since(day, 2) - since(day, 1) <= 0.06 + 0.5, "seed \(seed)")
  }

  @Test("a call that fails goes to another endpoint, unseen by its user")
  func elsewhere() {
    let day = day(.one(EndpointSettings(name: "e"), EndpointSettings(name: "f")), seed: 3, ["e": .fails, "f": .fails])
    day.submit(call(1), at: 0)
    day.change(at: 0.001) { day in
      let other = day.attempts[0].start.endpoint == "e" ? "f" : "e"
      day.providers[other]?.trouble = nil
    }
    day.run()
    #expect(day.attempts.count == 2 && day.attempts[0].start.endpoint != day.attempts[1].start.endpoint)
    #expect(day.calls[1]?.end == .finished)
  }

  @Test("an answer that breaks off is not tried again, unless its lane wants another endpoint to go on with it")
  func breaksOff() {
    let broken = SimulatedProvider.Answer.breaksOff(first: .milliseconds(100), whole: .milliseconds(500))
    for mayResume in [false, true] {
      let day = day(
        .one(EndpointSettings(name: "e"), EndpointSettings(name: "f")), seed: 9, ["e": broken, "f": broken])
      day.submit(call(1, mayResume: mayResume), at: 0)
      day.change(at: 0.2) { day in
        for name in ["e", "f"] where name != day.attempts[0].start.endpoint { day.providers[name]?.trouble = nil }
      }
      day.run()
      guard mayResume else {
        #expect(day.attempts.count == 1 && day.calls[1]?.end == .failed(.failedAfterFirst(isResumable: true)))
        continue
      }
      let first = day.attempts[0].start.endpoint
      #expect(day.attempts.map(\.start.kind) == [.first, .resume(from: first)])
      #expect(day.attempts[1].start.endpoint != first)
      #expect(day.calls[1]?.end == .finished && day.calls[1]?.resumes == 1)
    }
  }

  @Test("an answer that breaks off and finds no other endpoint in time fails")
  func resumeTooLate() {
    var endpoint = EndpointSettings(name: "e")
    endpoint.breaker.consecutiveFailures = 1
    endpoint.breaker.openTime = .seconds(40)
    let day = day(.one(endpoint), ["e": .breaksOff(first: .milliseconds(100), whole: .milliseconds(500))])
    day.submit(call(1, mayResume: true), at: 0)
    day.run()
    #expect(day.calls[1]?.end == .refused(.resumeTooLate))
    #expect(day.clock >= 10.5 && day.clock < 10.6)
  }

  @Test("a call that cannot start in its time fails in time, and says after how many attempts")
  func deadline() {
    let day = day(.one(EndpointSettings(name: "e")), ["e": .overloaded(retryAfter: .seconds(30))])
    var first = call(1)
    first.startBy = day.start + .seconds(5)
    day.submit(first, at: 0)
    var second = call(2, user: "v")
    second.startBy = day.start + .seconds(6)
    day.submit(second, at: 0.5)
    day.run()
    #expect(day.calls[1]?.end == .refused(.deadline(attempts: 1)))
    #expect(day.calls[2]?.end == .refused(.deadline(attempts: 0)))
    #expect(day.clock <= 6.001)
  }

  @Test("a late first token is hedged at another endpoint, within the budget, and the slower of the two is cut")
  func hedge() {
    var settings = GatewaySettings.one(EndpointSettings(name: "e"), EndpointSettings(name: "f"))
    settings.pools[0].hedgeAfterShare = 0.95
    let day = day(settings)
    for id in 1...100 { day.submit(call(CallID(id), user: "u\(id)"), at: Double(id) * 0.5) }
    day.change(at: 60) { day in
      for name in ["e", "f"] { day.providers[name]?.firstToken = 8...8 }
    }
    day.submit(call(200), at: 61)
    day.change(at: 61.05) { day in
      for name in ["e", "f"] { day.providers[name]?.firstToken = 0.1...0.1 }
    }
    day.run()
    #expect(day.calls.values.allSatisfy { $0.end == .finished })
    let last = day.attempts.filter { $0.start.callID == 200 }
    #expect(last.map(\.start.kind) == [.first, .hedge])
    #expect(last[0].isAborted && !last[1].isAborted && last[0].start.endpoint != last[1].start.endpoint)
    let hedges = day.attempts.count { $0.start.kind == .hedge }
    #expect(hedges <= 10 + 4, "a tenth of the traffic, and the small change of quiet times")
    #expect(day.gateway.totals.hedgesWon >= 1)
  }

  @Test("a cancelled call costs nothing more, wherever it is")
  func cancel() {
    var endpoint = EndpointSettings(name: "e")
    endpoint.maximumConcurrent = 1
    let day = day(.one(endpoint))
    day.submit(call(1), at: 0)
    day.submit(call(2, user: "v"), at: 0)
    day.submit(call(3, user: "w"), at: 0)
    day.change(at: 0.05) { $0.cancel(2) }
    day.change(at: 0.06) { $0.cancel(1) }
    day.run()
    #expect(day.attempts.map(\.start.callID) == [1, 3])
    #expect(day.attempts[1].at == day.start + .fraction(0.06))
    #expect(day.gateway.running == 0 && day.gateway.waiting == 0)
  }
}
