import NIOConcurrencyHelpers
import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

/// What the simulation proves, seen once over real sockets.
@Suite("Driver and gateway", .timeLimit(.minutes(1)))
struct GatewayDriverTests {
  private static let answers: MockScript = { socket, _ in
    socket.respond("200 OK", body: DriverTests.answer)
    return true
  }

  private static func refuses(_ status: String, _ headers: [String] = []) -> MockScript {
    { socket, _ in
      socket.respond(status, headers, body: "")
      return true
    }
  }

  private func endpoint(_ name: String, _ provider: MockProvider, keys: String...) -> EndpointConfiguration {
    var endpoint = EndpointConfiguration(
      name: name, kind: .openAI(baseURL: provider.url, key: keys.first.map { UpstreamKey($0) }), upstreamModel: "up")
    endpoint.otherKeys = keys.dropFirst().map { UpstreamKey($0) }
    return endpoint
  }

  /// One model, `m`, of these endpoints; the first is the best.
  private func configuration(_ endpoints: EndpointConfiguration...) -> UpstreamConfiguration {
    var endpoints = endpoints
    for index in endpoints.indices { endpoints[index].priority = index }
    return UpstreamConfiguration(
      endpoints: endpoints, pools: [PoolSettings(model: "m", endpoints: endpoints.map(\.name))])
  }

  @Test("a failure before the first text is made good elsewhere, unseen", arguments: ["500 No", "429 Full", "cut"])
  func failOver(fault: String) async throws {
    let bad = try MockProvider { socket, _ in
      if fault != "cut" {
        socket.respond(fault, body: "")
        return true
      }
      socket.chunkedHead()
      socket.chunk(Chunks.event(Chunks.role))
      socket.end(reset: true)
      return false
    }
    let good = try MockProvider(Self.answers)
    let rig = try Rig(configuration(endpoint("bad", bad), endpoint("good", good)))
    rig.ask(1)
    let transcript = await rig.end(of: 1)
    #expect(transcript.said == "Hällo €")
    #expect(transcript.end == .finished(reason: .complete, usage: DriverTests.usage))
    #expect(bad.requests.count == 1 && good.requests.count == 1)
    #expect(rig.driver.metrics.retries.total == 1)
  }

  @Test(
    "a rejected request or key is not tried again, and says what to fix", arguments: ["400 Bad", "401 Who", "404 No"])
  func rejected(status: String) async throws {
    let bad = try MockProvider(Self.refuses(status))
    let good = try MockProvider(Self.answers)
    let rig = try Rig(configuration(endpoint("bad", bad), endpoint("good", good)))
    rig.ask(1)
    let error = await rig.end(of: 1).error
    #expect(error?.code == .upstreamRejected && error?.message.contains("operator") == true)
    #expect(bad.requests.count == 1 && good.requests.isEmpty)
  }

  @Test("three attempts are the most, and the last error is told")
  func attempts() async throws {
    let bad = try MockProvider(Self.refuses("502 Bad Gateway"))
    let rig = try Rig(bad, rules: { $0.retries.backoff = .milliseconds(5) })
    rig.ask(1)
    let error = await rig.end(of: 1).error
    #expect(error?.code == .upstreamFailed && error?.retryable == true)
    #expect(bad.requests.count == 3)
  }

  @Test("Retry-After is kept to the second, and the call that waits for it hears why")
  func retryAfter() async throws {
    let times = NIOLockedValueBox<[UInt64]>([])
    let provider = try MockProvider { socket, _ in
      let count = times.withLockedValue { times in
        times.append(MonotonicClock.now.nanoseconds)
        return times.count
      }
      if count == 1 {
        socket.respond("429 Too Many Requests", ["Retry-After: 1"], body: "")
      } else {
        socket.respond("200 OK", body: DriverTests.answer)
      }
      return true
    }
    let rig = try Rig(provider)
    rig.ask(1)
    await rig.wait { $0[1]?.started != nil && $0[1]?.positions.isEmpty == false }
    rig.ask(2, user: "other")
    await rig.end(of: 1, 2)
    #expect(rig.inbox[1].said == "Hällo €" && rig.inbox[2].said == "Hällo €")
    #expect(rig.inbox[1].reasons.allSatisfy { $0 == .rateLimit })
    let seen = times.withLockedValue { $0 }
    #expect(seen.count == 3)
    for time in seen.dropFirst() {
      let waited = Double(time - seen[0]) / 1e9
      #expect(waited >= 1 && waited < 1.5, "\(waited) s")
    }
  }

  @Test("a thousand users press send at a provider for twenty: nobody errors", arguments: [[], ["Retry-After: 1"]])
  func launch(refusal: [String]) async throws {
    let counting = try CountingProvider(capacity: 20, milliseconds: 60, refusal: refusal)
    let rig = try Rig(counting.provider)
    let start = MonotonicClock.now
    rig.driver.submit(
      contentsOf: (CallID(1)...1000).map { id in
        var request = UpstreamRequest(
          callID: id, shard: 0, user: "u\(id)", model: "", messages: [PromptMessage(role: .user, text: "hello")])
        request.lane = id % 5 == 0 ? 0 : 1
        request.cost = 500
        return request
      })
    await rig.wait { transcripts in transcripts.values.filter { $0.end != nil }.count == 1000 }
    for id in CallID(1)...1000 {
      #expect(rig.inbox[id].said == "ab", "call \(id): \(String(describing: rig.inbox[id].error))")
    }
    let figures = counting.figures
    #expect(figures.served == 1000 && figures.mostRunning <= 20)
    let late = figures.refusedAt.filter { $0 > start.nanoseconds + 1_000_000_000 }.count
    let lateServed = figures.servedAt.filter { $0 > start.nanoseconds + 1_000_000_000 }.count
    // The simulation holds it to 1 %; here the pauses of a busy machine come in between.
    #expect(Double(late) <= 0.02 * Double(late + lateServed), "\(late) of \(late + lateServed)")
  }

  @Test("a provider that fails is left alone after a few calls, and probed with one")
  func breaker() async throws {
    let isDown = NIOLockedValueBox(true)
    let provider = try MockProvider { socket, _ in
      if isDown.withLockedValue({ $0 }) {
        socket.respond("500 No", body: "")
      } else {
        socket.respond("200 OK", body: DriverTests.answer)
      }
      return true
    }
    let rig = try Rig(provider) {
      $0.breaker.openTime = .milliseconds(300)
      $0.initialConcurrent = 4
    }
    for id in CallID(1)...50 { rig.ask(id, user: "u\(id)") }
    await rig.wait { $0.values.contains { $0.reasons.contains(.providerDown) } }
    #expect(provider.requests.count <= 20)
    let state = await rig.driver.state()
    let gateway = try #require(state?.gateway)
    #expect(gateway.endpoints[0].breaker != .closed)
    #expect(gateway.pools[0].lanes.reduce(0) { $0 + $1.waiting } >= 40)
    isDown.withLockedValue { $0 = false }
    await rig.wait { transcripts in transcripts.values.filter { $0.end != nil }.count == 50 }
    #expect(rig.inbox.all.values.filter { $0.said == "Hällo €" }.count >= 45)
    let closed = await rig.driver.state()
    #expect(closed?.gateway.endpoints[0].breaker == .closed)
    #expect((closed?.gateway.endpoints[0].totals.probes ?? 0) >= 1)
  }

  @Test("keys are used side by side, a bad one is set aside, and new ones count without a restart")
  func keys() async throws {
    let provider = try MockProvider { socket, request in
      if request.headers["authorization"]?.contains("sk-bad") == true {
        socket.respond("401 Unauthorized", body: "")
      } else {
        socket.respond("200 OK", body: DriverTests.answer)
      }
      return true
    }
    let rig = try Rig(configuration(endpoint("e", provider, keys: "sk-bad", "sk-good")))
    for id in CallID(1)...20 {
      rig.ask(id)
      await rig.end(of: id)
    }
    #expect((CallID(1)...20).filter { rig.inbox[$0].error != nil }.count == 1, "one call found out")
    #expect(provider.requests.filter { $0.headers["authorization"] == "Bearer sk-bad" }.count == 1)

    try rig.driver.update(configuration(endpoint("e", provider, keys: "sk-new")))
    rig.ask(21)
    await rig.end(of: 21)
    #expect(provider.requests.last?.headers["authorization"] == "Bearer sk-new")
    #expect(throws: UpstreamConfigurationError.noModels) {
      try rig.driver.update(UpstreamConfiguration(endpoints: [endpoint("e", provider)], pools: []))
    }
  }

  @Test("a late first token is hedged, the faster answer is told once, and the slower connection closed")
  func hedge() async throws {
    let isSlow = NIOLockedValueBox(false)
    let closed = Signal()
    let script: MockScript = { socket, request in
      // Of two equal calls in the slow time, the first hangs.
      let hangs = isSlow.withLockedValue { slow in
        defer { slow = false }
        return slow
      }
      if hangs {
        socket.waitForClose()
        closed.fire()
        return false
      }
      socket.respond("200 OK", body: DriverTests.answer)
      return true
    }
    let one = try MockProvider(script)
    let other = try MockProvider(script)
    var configuration = configuration(endpoint("one", one), endpoint("other", other))
    configuration.endpoints[1].priority = 0
    configuration.pools[0].hedgeAfterShare = 0.95
    let rig = try Rig(configuration)
    for id in CallID(1)...40 {
      rig.ask(id)
      await rig.end(of: id)
    }
    isSlow.withLockedValue { $0 = true }
    rig.ask(100)
    let transcript = await rig.end(of: 100)
    await closed.wait()
    #expect(transcript.said == "Hällo €" && rig.inbox[100].late == 0)
    rig.driver.shutdown()
    // Which of the two the slow time met is the scheduler's choice, so either may have won.
    #expect(rig.driver.metrics.hedges.total >= 1)
    #expect(rig.driver.metrics.endpoints.allSatisfy { $0.inFlight.current == 0 })
  }

  @Test("an answer that breaks off goes on elsewhere with a seam, if its lane wants that", arguments: [false, true])
  func seam(mayResume: Bool) async throws {
    let bad = try MockProvider { socket, _ in
      socket.chunkedHead()
      socket.chunk(Chunks.event(Chunks.delta("Once upon ")))
      socket.end(reset: true)
      return false
    }
    let good = try MockProvider { socket, _ in
      socket.respond("200 OK", body: Chunks.stream(["a time"]))
      return true
    }
    let rig = try Rig(configuration(endpoint("bad", bad), endpoint("good", good)))
    var request = UpstreamRequest(
      callID: 1, shard: 0, user: "u", model: "m", messages: [PromptMessage(role: .user, text: "Tell")])
    request.mayResumeElsewhere = mayResume
    rig.driver.submit(request)
    let transcript = await rig.end(of: 1)
    guard mayResume else {
      #expect(transcript.said == "Once upon " && transcript.error?.retryable == true)
      #expect(good.requests.isEmpty)
      return
    }
    #expect(transcript.said == "Once upon a time")
    #expect(transcript.end == .finished(reason: .complete, usage: DriverTests.usage))
    let seam = try #require(transcript.marks.first)
    guard case .seam(let reason, "bad", "good") = seam.kind else {
      Issue.record("\(seam.kind)")
      return
    }
    #expect(seam.offset == 10 && reason.code == .upstreamFailed)
    let body = String(decoding: good.requests.first?.body ?? [], as: UTF8.self)
    #expect(body.contains(#"{"role":"assistant","content":"Once upon "}"#))
  }

  @Test("a call that cannot start in its time is refused in time, and costs nothing")
  func deadline() async throws {
    let latch = Latch()
    let provider = try MockProvider { socket, _ in
      latch.wait()
      socket.respond("200 OK", body: DriverTests.answer)
      return true
    }
    let rig = try Rig(provider) { $0.maximumConcurrent = 1 }
    rig.ask(1)
    var late = UpstreamRequest(callID: 2, shard: 0, user: "u", model: "m", messages: [])
    late.startBy = MonotonicClock.now + .milliseconds(50)
    rig.driver.submit(late)
    let error = await rig.end(of: 2).error
    #expect(error?.code == .deadlineExceeded && error?.retryable == true)
    latch.open()
    await rig.end(of: 1)
    #expect(provider.requests.count == 1)
  }

  @Test("a hundred equal calls are one call to the provider, and all get the answer, also who comes in the middle")
  func singleFlight() async throws {
    let latch = Latch()
    let provider = try MockProvider { socket, _ in
      socket.chunkedHead()
      socket.chunk(Chunks.event(Chunks.delta("Hä")))
      latch.wait()
      socket.chunk(Chunks.event(Chunks.delta("llo")) + Chunks.event(Chunks.stop) + Chunks.event("[DONE]"))
      socket.lastChunk()
      return true
    }
    let rig = try Rig(provider)
    func ask(_ id: CallID) {
      var request = UpstreamRequest(
        callID: id << 32, shard: 0, user: "u\(id)", model: "m", messages: [PromptMessage(role: .user, text: "same")])
      request.cacheKey = [1, 2, 3]
      rig.driver.submit(request)
    }
    for id in CallID(1)...99 { ask(id) }
    await rig.wait { transcripts in transcripts.values.filter { $0.said == "Hä" }.count == 99 }
    ask(100)
    await rig.wait { $0[100 << 32]?.said == "Hä" }
    rig.driver.cancel(7 << 32)
    // Commands are taken in order: once this is answered, the call has left. Else the end could come first.
    _ = await rig.driver.state()
    latch.open()
    await rig.wait { transcripts in transcripts.values.filter { $0.end != nil }.count == 99 }
    for id in CallID(1)...100 where id != 7 { #expect(rig.inbox[id << 32].said == "Hällo") }
    #expect(rig.inbox[7 << 32].end == nil)
    #expect(provider.requests.count == 1)
  }

  @Test("what is told of lanes and endpoints can be read as Prometheus does, and the state by people")
  func figures() async throws {
    let provider = try MockProvider(Self.answers)
    let rig = try Rig(provider)
    for id in CallID(1)...3 { rig.ask(id) }
    await rig.end(of: 1, 2, 3)
    let state = try #require(await rig.driver.state())
    #expect(state.gateway.endpoints.map(\.name) == ["m"])
    #expect(state.gateway.totals.firstAttempts == 3)
    let lines = Set(rig.driver.metrics.prometheusText().split(separator: "\n").map(String.init))
    for line in [
      #"weir_upstream_attempts_total{endpoint="m",outcome="finished"} 3"#,
      #"weir_upstream_breaker_state{endpoint="m"} 0"#,
      #"weir_queue_wait_seconds_count{lane="interactive-premium"} 3"#, #"weir_queue_waiting{lane="batch"} 0"#,
    ] { #expect(lines.contains(line), "\(line)") }
    for line in lines where !line.hasPrefix("#") {
      #expect(line.split(separator: " ").last.flatMap { Double($0) } != nil, "\(line)")
    }
    rig.driver.shutdown()
    #expect(await rig.driver.state() == nil)
  }
}
