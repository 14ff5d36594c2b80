import Testing
import WeirWire

extension SystemTests {
  /// A provider that fails is spared, waited for, and never asked in vain.
  @Suite struct Outage {
    private static let quick = ["--first-token", "5ms", "--between-tokens", "1ms", "--tokens", "5"]

    @Test("turns that come while the provider is down wait for it, and it is hardly asked meanwhile")
    func down() async throws {
      let provider = try await FakeProvider.start(Self.quick + ["--errors", "1", "--error-status", "500"])
      defer { provider.stop() }
      try await withServer(provider.arguments) { server in
        let device = try await Device.connect(server, user: "ann")
        var turns: [UInt64] = []
        for number in 0..<40 {
          turns.append(try await device.say("question \(number)", in: "c\(number)").turnID)
          try await Task.sleep(for: .milliseconds(50))
        }
        let asked = try await provider.figure("requests")
        #expect(asked < 30, "40 turns and no answer: \(asked) requests")
        let notice = try await device.wait(for: "a word on why it waits") { frame in
          if case .queuePosition(let place)? = frame.frame, place.reason == .providerDown { place } else { nil }
        }
        #expect(notice.lane == "interactive")
        try await provider.set(#"{"errorShare": 0}"#)
        // The few that were sent to find out whether it works may have failed three times, and say so.
        var failed = 0
        for turn in turns {
          let answer = try await device.answer(to: turn, within: .seconds(60))
          if answer.finished?.reason == .complete { continue }
          #expect(answer.failed?.error?.retryable == true)
          failed += 1
        }
        #expect(failed <= 5)
      }
    }

    @Test("after Retry-After: 7 nothing is asked for seven seconds, though a place is free", .timeLimit(.minutes(2)))
    func retryAfter() async throws {
      let provider = try await FakeProvider.start([
        "--first-token", "5ms", "--between-tokens", "100ms", "--tokens", "20", "--concurrent", "1", "--retry-after",
        "7",
      ])
      defer { provider.stop() }
      try await withServer(provider.arguments) { server in
        let device = try await Device.connect(server, user: "ann")
        let first = try await device.say("one", in: "a")
        _ = try await device.text(of: first.turnID, atLeast: 1)
        let second = try await device.say("two", in: "b")
        try await poll("the refusal") { try await provider.figure("limited") == 1 ? () : nil }
        let refused = ContinuousClock.now
        _ = try await device.answer(to: first.turnID)
        #expect(ContinuousClock.now - refused < .seconds(6), "the place is free long before")
        try await poll("the next attempt") { try await provider.figure("requests") > 2 ? () : nil }
        // The refusal was seen up to a poll's pause after it was sent.
        #expect(ContinuousClock.now - refused >= .milliseconds(6900))
        #expect(try await device.answer(to: second.turnID).finished?.reason == .complete)
      }
    }

    @Test(
      "a request that the provider refuses is never sent twice, and the user is told what to fix",
      arguments: [400, 401])
    func refused(status: Int) async throws {
      let provider = try await FakeProvider.start(Self.quick + ["--errors", "1", "--error-status", "\(status)"])
      defer { provider.stop() }
      try await withServer(provider.arguments) { server in
        let device = try await Device.connect(server, user: "ann")
        let turn = try await device.say("hello").turnID
        let answer = try await device.answer(to: turn)
        let error = try #require(answer.failed?.error)
        #expect(error.code == .upstreamRejected)
        #expect(!error.retryable)
        #expect(error.message.contains("(\(status))"))
        #expect(try await provider.figure("requests") == 1)
      }
    }

    @Test("an endpoint that fails is passed over for the next, before anybody has seen a word")
    func failOver() async throws {
      let broken = try await FakeProvider.start(Self.quick + ["--errors", "1"])
      let sound = try await FakeProvider.start(Self.quick)
      defer {
        broken.stop()
        sound.stop()
      }
      let directory = try TemporaryDirectory()
      let file = try directory.write(
        """
        models:
          default: fast
          fast:
            endpoints:
              broken: {url: "http://127.0.0.1:\(broken.port)/v1", model: fake}
              sound: {url: "http://127.0.0.1:\(sound.port)/v1", model: fake, priority: 1}

        """, to: "weir.yaml")
      try await withServer(["--config", file]) { server in
        let device = try await Device.connect(server, user: "ann")
        for number in 0..<12 {
          let answer = try await device.converse("question \(number)")
          #expect(answer.finished?.reason == .complete)
          #expect(answer.faults.isEmpty)
        }
        #expect(try await sound.figure("answers") == 12)
        #expect(try await broken.figure("requests") < 12, "its breaker opens")
      }
    }

    @Test("a provider that dies in mid-answer leaves what had come, and the answer can be continued")
    func cut() async throws {
      let provider = try await FakeProvider.start([
        "--first-token", "5ms", "--tokens", "50", "--cuts", "1", "--cut-at", "3000",
      ])
      defer { provider.stop() }
      try await withServer(provider.arguments) { server in
        let device = try await Device.connect(server, user: "ann")
        let turn = try await device.say("hello", in: "c").turnID
        let broken = try await device.answer(to: turn)
        #expect(broken.failed?.partialKept == true)
        #expect(broken.failed?.error?.retryable == true)
        #expect(!broken.text.isEmpty)
        #expect(try await provider.figure("requests") == 1, "text has been seen: it is not made anew")
        try await provider.set(#"{"cutShare": 0}"#)
        let mark = device.count
        let reply = try await device.ask(.continueTurn(.init(conversationID: "c")))
        guard case .ack(let ack) = reply else { throw Device.Refused(reply) }
        let rest = try await device.answer(to: ack.turnID, since: mark, from: UInt64(broken.text.utf8.count))
        #expect(rest.finished?.reason == .complete)
        #expect(try await device.history(of: "c").last?.text.hasPrefix(broken.text) == true)
      }
    }
  }
}
