import Glibc
import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

@Suite("Driver and faults", .timeLimit(.minutes(1)))
struct DriverFaultTests {
  private func failure(_ change: (inout EndpointConfiguration) -> Void = { _ in }, _ script: @escaping MockScript)
    async throws -> Transcript
  {
    let provider = try MockProvider(script)
    // What a fault is, is seen best without another attempt.
    let rig = try Rig(provider, change, rules: { $0.retries.maximumAttempts = 1 })
    rig.ask(1)
    return await rig.end(of: 1)
  }

  @Test("an HTTP error comes as a typed error with the provider's words and its Retry-After")
  func refusal() async throws {
    let busy = try await failure { socket, _ in
      socket.respond("429 Too Many Requests", ["Retry-After: 7"], body: #"{"error":{"message":"slow down"}}"#)
      return true
    }
    #expect(busy.error?.code == .upstreamOverloaded)
    #expect(busy.error?.retryAfterMs == 7000)
    #expect(busy.error?.message.contains("slow down") == true)
    let key = try await failure { socket, _ in
      socket.respond("401 Unauthorized", body: "")
      return true
    }
    #expect(key.error?.code == .upstreamRejected && key.error?.retryable == false)
  }

  @Test("a redirect is refused, not followed: the key would go along")
  func redirect() async throws {
    let elsewhere = try MockProvider { _, _ in true }
    let target = elsewhere.url
    let moved = try await failure { socket, _ in
      socket.respond("307 Temporary Redirect", ["Location: \(target)"], body: "")
      return true
    }
    #expect(moved.error?.code == .upstreamRejected)
    #expect(elsewhere.connections == 0)
  }

  @Test(
    "a response that nobody asked for is nobody's: the connection it came on is not used again",
    arguments: ["200 OK", "408 Request Timeout"])
  func unasked(status: String) async throws {
    let provider = try MockProvider { socket, request in
      func answer(_ text: String, _ status: String) {
        let body = Chunks.event(Chunks.delta(text)) + Chunks.event("[DONE]")
        socket.respond(status, ["Content-Type: text/event-stream"], body: body)
      }
      answer("for \(request.connection)", "200 OK")
      // Behind the answer, on a connection that is kept for whoever asks next.
      usleep(20_000)
      answer("poison", status)
      return true
    }
    let rig = try Rig(provider, rules: { $0.retries.maximumAttempts = 1 })
    for call in 1...3 {
      rig.ask(CallID(call))
      let answer = await rig.end(of: CallID(call))
      #expect(answer.error == nil)
      #expect(answer.said == "for \(call)", "each on a connection of its own")
      try await Task.sleep(for: .milliseconds(100))
    }
    #expect(provider.connections == 3)
  }

  @Test("Retry-After may be a date")
  func retryAfterDate() async throws {
    let error = try await failure { socket, _ in
      socket.respond("503 Busy", ["Retry-After: Fri, 31 Dec 2100 23:59:59 GMT"], body: "")
      return true
    }.error
    #expect(error?.code == .upstreamOverloaded)
    #expect(error?.retryAfterMs == 3_600_000, "an hour is the most that is passed on")
    let past = try await failure { socket, _ in
      socket.respond("503 Busy", ["Retry-After: Fri, 31 Dec 1999 23:59:59 GMT"], body: "")
      return true
    }.error
    #expect(past?.retryAfterMs == 0)
  }

  @Test("a cut in the middle keeps the text and is retryable", arguments: [false, true])
  func cut(reset: Bool) async throws {
    let seen = Latch()
    let provider = try MockProvider { socket, _ in
      socket.chunkedHead()
      socket.chunk(Chunks.event(Chunks.delta("Hi")))
      seen.wait()
      socket.end(reset: reset)
      return false
    }
    let rig = try Rig(provider)
    rig.ask(1)
    await rig.wait { $0[1]?.said == "Hi" }
    seen.open()
    let transcript = await rig.end(of: 1)
    #expect(transcript.error?.code == .upstreamFailed && transcript.error?.retryable == true)
    #expect(transcript.said == "Hi")
  }

  @Test("a provider that is not there, or closes without a word, is a retryable failure")
  func unreachable() async throws {
    let provider = try MockProvider { _, _ in true }
    provider.stop()
    let rig = try Rig(provider)
    rig.ask(1)
    let transcript = await rig.end(of: 1)
    #expect(transcript.error?.code == .upstreamFailed && transcript.error?.retryable == true)
    #expect(transcript.error?.message.contains("127.0.0.1") == false, "addresses are not for users")
    let silent = try await failure { socket, _ in
      socket.end()
      return false
    }
    #expect(silent.error?.code == .upstreamFailed && silent.error?.retryable == true)
  }

  @Test("first token, stall and the whole have their limits, and the connection is cut")
  func timeouts() async throws {
    let closed = Signal()
    let silent = try await failure({ $0.timeouts.firstToken = .milliseconds(30) }) { socket, _ in
      socket.waitForClose()
      return false
    }
    #expect(silent.error?.code == .upstreamTimeout)
    let stalled = try await failure({ $0.timeouts.stall = .milliseconds(30) }) { socket, _ in
      socket.chunkedHead()
      socket.chunk(Chunks.event(Chunks.delta("Hi")))
      socket.waitForClose()
      closed.fire()
      return false
    }
    #expect(stalled.error?.code == .upstreamTimeout && stalled.said == "Hi")
    await closed.wait()
    let endless = try await failure({ $0.timeouts.total = .milliseconds(50) }) { socket, _ in
      socket.chunkedHead()
      socket.chunk(Chunks.event(Chunks.delta("Hi")))
      socket.waitForClose()
      return false
    }
    #expect(endless.error?.code == .upstreamTimeout)
    #expect(endless.error?.message.contains("did not end") == true)
  }

  @Test("an answer without end is cut at the limit, and its connection closed")
  func tooLong() async throws {
    let closed = Signal()
    let transcript = try await failure({ $0.maximumAnswerBytes = 1000 }) { socket, _ in
      socket.chunkedHead()
      while socket.chunk(Chunks.event(Chunks.delta("0123456"))) {}
      closed.fire()
      return false
    }
    #expect(transcript.end == .finished(reason: .length, usage: nil))
    #expect(transcript.text.count == 1000)
    await closed.wait()
  }

  @Test("a provider that keeps the connection open after [DONE] delays nobody")
  func keepsOpen() async throws {
    let closed = Signal()
    let provider = try MockProvider { socket, _ in
      socket.chunkedHead()
      socket.chunk(Chunks.stream(["Hi"]))
      socket.waitForClose()
      closed.fire()
      return false
    }
    let rig = try Rig(provider) { $0.maximumConcurrent = 1 }
    rig.ask(1)
    let transcript = await rig.end(of: 1)
    #expect(transcript.end == .finished(reason: .complete, usage: DriverTests.usage))
    await closed.wait()
    rig.ask(2)
    #expect(await rig.end(of: 2).said == "Hi")
  }

  @Test("while paused nothing is read and nothing starts; afterwards nothing is missing")
  func paused() async throws {
    let go = Latch()
    let sent = Signal()
    let provider = try MockProvider { socket, _ in
      socket.chunkedHead()
      socket.chunk(Chunks.event(Chunks.delta("one ")))
      go.wait()
      socket.chunk(Chunks.event(Chunks.delta("two ")))
      socket.chunk(Chunks.stream(["three"]))
      socket.lastChunk()
      sent.fire()
      return true
    }
    let rig = try Rig(provider)
    rig.ask(1)
    await rig.wait { $0[1]?.said == "one " }
    rig.driver.setPaused(true)
    // The refusal shows that the pause, which was asked for before, is in force.
    rig.ask(99, model: "none")
    await rig.end(of: 99)
    go.open()
    await sent.wait()
    rig.ask(2)
    rig.ask(98, model: "none")
    await rig.end(of: 98)
    #expect(rig.inbox[1].said == "one ")
    #expect(rig.inbox[2].started == nil)
    rig.driver.setPaused(false)
    await rig.end(of: 1, 2)
    #expect(rig.inbox[1].said == "one two three")
    #expect(rig.inbox[2].said == "one two three")
  }

  @Test("an answer that begins while paused comes whole afterwards", arguments: [true, false])
  func pausedBeforeHead(isConnected: Bool) async throws {
    let asked = Signal()
    let go = Latch()
    let sent = Signal()
    let provider = try MockProvider { socket, _ in
      asked.fire()
      go.wait()
      socket.respond("200 OK", body: DriverTests.answer)
      sent.fire()
      return true
    }
    let rig = try Rig(provider)
    rig.ask(1)
    if isConnected { await asked.wait() }
    rig.driver.setPaused(true)
    rig.ask(99, model: "none")
    await rig.end(of: 99)
    go.open()
    await sent.wait()
    // The response lies in the socket: the thread has been round with it once another command was answered.
    for call in CallID(100)...110 {
      rig.ask(call, model: "none")
      await rig.end(of: call)
    }
    #expect(rig.inbox[1].text.isEmpty)
    rig.driver.setPaused(false)
    #expect(await rig.end(of: 1).said == "Hällo €")
  }

  @Test("an unknown model is refused with the known ones")
  func unknownModel() async throws {
    let rig = try Rig(EndpointConfiguration(name: "demo", kind: .demo(DemoConfiguration())))
    rig.ask(1, model: "gpt-9")
    let error = await rig.end(of: 1).error
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("demo") == true)
  }

  @Test("a call id that is in use is refused, and the first call goes on")
  func duplicate() async throws {
    var demo = DemoConfiguration()
    demo.stallAfterTokens = 0
    let rig = try Rig(EndpointConfiguration(name: "demo", kind: .demo(demo)))
    rig.ask(1)
    rig.ask(1)
    let transcript = await rig.end(of: 1)
    #expect(transcript.error?.code == .internal)
    rig.driver.shutdown()
    #expect(rig.driver.metrics.endpoints[0].snapshot.ended[.cancelled] == 1, "the first ran until the end")
  }

  @Test("shutdown ends every call with a reason, and later ones too")
  func shutdown() async throws {
    let closed = Signal()
    let provider = try MockProvider { socket, _ in
      socket.chunkedHead()
      socket.chunk(Chunks.event(Chunks.delta("Hi")))
      socket.waitForClose()
      closed.fire()
      return false
    }
    let rig = try Rig(provider) { $0.maximumConcurrent = 1 }
    rig.ask(1)
    rig.ask(2)
    await rig.wait { $0[1]?.said == "Hi" }
    rig.driver.shutdown()
    rig.driver.shutdown()
    rig.ask(3)
    for call in CallID(1)...3 { #expect(rig.inbox[call].error?.code == .shuttingDown) }
    await closed.wait()
  }
}

@Suite("Driver and demo model", .timeLimit(.minutes(1)))
struct DriverDemoTests {
  @Test("two thousand demo answers run at the same time in bounded batches")
  func many() async throws {
    var demo = DemoConfiguration()
    demo.firstTokenDelay = .zero
    demo.tokensPerSecond = 1000
    demo.answerTokens = 50
    let rig = try Rig(EndpointConfiguration(name: "demo", kind: .demo(demo)))
    for call in CallID(1)...2000 { rig.ask(call, user: "u\(call)") }
    await rig.wait { transcripts in transcripts.values.filter { $0.end != nil }.count == 2000 }
    let first = rig.inbox[1].text
    #expect(first.starts(with: "This is Weir's built-in demo model".utf8))
    for call in CallID(1)...2000 {
      #expect(rig.inbox[call].text == first)
      #expect(rig.inbox[call].late == 0)
    }
    let snapshot = rig.driver.metrics.endpoints[0].snapshot
    #expect(snapshot.ended[.finished] == 2000)
    #expect(snapshot.deltas == 100_000)
    // A batch per token would be a hundred thousand.
    #expect(rig.inbox.batches < 20_000)
  }

  @Test("an answer as fast as possible does not keep another from starting or being stopped")
  func boundless() async throws {
    var demo = DemoConfiguration()
    demo.firstTokenDelay = .zero
    demo.tokensPerSecond = 0
    demo.answerTokens = DemoConfiguration.maximumTokens
    var endpoint = EndpointConfiguration(name: "demo", kind: .demo(demo))
    endpoint.maximumAnswerBytes = 1 << 30
    let rig = try Rig(endpoint)
    rig.ask(1)
    await rig.wait { ($0[1]?.text.count ?? 0) > 10_000 }
    rig.ask(2, "[[tokens=10]]")
    await rig.end(of: 2)
    #expect(rig.inbox[1].end == nil)
    rig.driver.cancel(1)
    rig.driver.shutdown()
    #expect(rig.inbox[1].end == nil)
  }
}
