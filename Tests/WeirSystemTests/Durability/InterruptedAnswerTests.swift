import Testing
import WeirWire

extension SystemTests {
  /// An answer that a crash cuts off is kept as far as it had been checkpointed, and can be continued.
  @Suite struct InterruptedAnswer {
    private static let question = "a long story [[tokens=800 rate=250 delay=0ms]]"

    @Test("after SIGKILL an answer is interrupted, lacks at most the last 1.5 s, and can be continued to the same end")
    func cutAndContinued() async throws {
      let directory = try TemporaryDirectory()
      let data = directory.file("data")
      let (cut, killed) = try await Self.kill(data: data)
      try await withServer(data: data) { server in
        let device = try await Device.connect(server, user: "ann")
        let messages = try await device.history(of: "story")
        #expect(messages.map(\.role) == [.user, .assistant])
        let kept = try #require(messages.last)
        #expect(kept.status == .interrupted)
        #expect(kept.error?.code == .interrupted)
        let loss = Self.loss(kept.text, cut, killed)
        print("kill -9: \(kept.text.utf8.count) bytes of the running answer kept, the last \(loss) lost")
        #expect(loss < .milliseconds(1500))

        let mark = device.count
        let reply = try await device.ask(.continueTurn(ContinueTurn(conversationID: "story")))
        guard case .ack(let ack) = reply else { throw Device.Refused(reply) }
        let rest = try await device.answer(to: ack.turnID, since: mark, from: UInt64(kept.text.utf8.count))
        #expect(rest.faults.isEmpty)
        #expect(rest.finished?.reason == .complete)
        let started = try await device.wait(for: "TurnStarted", since: mark) { frame in
          if case .turnStarted(let it)? = frame.frame, it.turnID == ack.turnID { it } else { nil }
        }
        #expect(started.continuesTurnID == kept.turnID)
        #expect(started.offset == UInt64(kept.text.utf8.count))

        let whole = try await device.history(of: "story")
        #expect(whole.count == 2)
        #expect(whole.last?.text == kept.text + rest.text)
        #expect(whole.last?.status == .complete)
        // The demo model says the same to the same question: a cut answer becomes what an uncut one is.
        let uncut = try await Device.connect(server, user: "bob").converse(
          Self.question.replacing("rate=250", with: "rate=0"))
        #expect(whole.last?.text == uncut.text)
      }
    }

    /// Kills a server in the middle of an answer. Returns what a device had got of it, and when.
    private static func kill(data: String) async throws -> (arrivals: [Device.Arrival], at: ContinuousClock.Instant) {
      let server = try await ServerProcess.start(data: data)
      let device = try await Device.connect(server, user: "ann")
      let ack = try await device.say(question, in: "story")
      // More than two seconds of text: several checkpoints.
      _ = try await device.text(of: ack.turnID, atLeast: 3000)
      let killed = ContinuousClock.now
      try await server.killNow()
      _ = try await device.closed()
      return (device.state.value.arrivals, killed)
    }

    /// How long before the end the first byte had come that was not kept. What was kept must be what was sent.
    private static func loss(
      _ kept: String, _ arrivals: [Device.Arrival], _ killed: ContinuousClock.Instant
    ) -> Duration {
      var sent = ""
      var firstLost: ContinuousClock.Instant?
      for arrival in arrivals {
        guard case .delta(let delta)? = arrival.frame.frame else { continue }
        sent += delta.text
        if firstLost == nil, sent.utf8.count > kept.utf8.count { firstLost = arrival.time }
      }
      // What had not been sent yet may have been kept already.
      #expect(sent.hasPrefix(kept) || kept.hasPrefix(sent), "kept is not what was sent: \(kept)")
      return firstLost.map { killed - $0 } ?? .zero
    }
  }
}
