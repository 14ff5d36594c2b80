import Testing
import WeirWire

extension SystemTests {
  /// Stop works from any device, and is not confused with a lost connection.
  @Suite struct Stop {
    private static let endless = "talk on [[tokens=100000 rate=100 delay=0ms]]"

    @Test("another device stops an answer: the partial is kept, all are told, the provider is let go")
    func fromAnotherDevice() async throws {
      try await withServer { server in
        let speaker = try await Device.connect(server, user: "ann")
        let other = try await Device.connect(server, user: "ann")
        _ = try await other.open("talk")
        var times: [Duration] = []
        for _ in 1...5 {
          let mark = speaker.count
          let ack = try await speaker.say(Self.endless, in: "talk")
          _ = try await speaker.text(of: ack.turnID, atLeast: 100, since: mark)
          let asked = ContinuousClock.now
          other.send(.stopTurn(StopTurn(turnID: ack.turnID)))
          let answer = try await speaker.answer(to: ack.turnID, since: mark)
          times.append(.now - asked)
          #expect(answer.finished?.reason == .stopped)
          #expect(answer.faults.isEmpty)
          let stored = try await other.history(of: "talk").last
          #expect(stored?.text == answer.text)
          #expect(stored?.status == .stopped)
        }
        let slowest = times.max() ?? .zero
        print(
          "stop from another device: \(times.sorted()[2]) in the middle, \(slowest) at most, until the first device knows"
        )
        #expect(slowest < .seconds(1))
        try await server.waitForMetric("weir_upstream_in_flight") { $0 == 0 }
        #expect(try await server.metric("weir_turns_stopped_total") == 5)
      }
    }

    /// The answer that comes last: what has ended is counted a moment before it is on disk.
    private static func answer(in conversation: String, for device: Device) async throws -> Message {
      try await poll("the answer on disk", within: .seconds(5)) {
        try await device.history(of: conversation).last.flatMap { $0.role == .assistant ? $0 : nil }
      }
    }

    @Test("a lost connection stops nothing: the answer runs to its end")
    func lostConnection() async throws {
      try await withServer { server in
        let device = try await Device.connect(server, user: "ann")
        let ack = try await device.say("a story [[tokens=200 rate=400 delay=0ms]]", in: "story")
        _ = try await device.text(of: ack.turnID, atLeast: 100)
        device.abort()
        try await server.waitForMetric("weir_turns_finished_total") { $0 == 1 }
        let stored = try await Self.answer(in: "story", for: try await Device.connect(server, user: "ann"))
        #expect(stored.status == .complete)
        #expect(try await server.metric("weir_tokens_unheard_total") > 0)
      }
    }

    @Test(
      "with the policy `cancel` an answer that nobody hears any more ends, its text is kept, and it can be continued")
    func cancelPolicy() async throws {
      try await withServer(["--set", "streaming.listenerPolicy=cancel"]) { server in
        let device = try await Device.connect(server, user: "ann")
        let ack = try await device.say(Self.endless, in: "talk")
        let heard = try await device.text(of: ack.turnID, atLeast: 100)
        device.abort()
        try await server.waitForMetric("weir_turns_abandoned_total") { $0 == 1 }
        let back = try await Device.connect(server, user: "ann")
        let stored = try await Self.answer(in: "talk", for: back)
        #expect(stored.status == .interrupted)
        #expect(stored.error?.code == .abandoned)
        #expect(stored.text.hasPrefix(heard.text))
      }
    }

    @Test("two devices that send at once are arbitrated: queue, reject, interrupt, stale revision")
    func arbitration() async throws {
      try await withServer { server in
        let one = try await Device.connect(server, user: "ann")
        let two = try await Device.connect(server, user: "ann")
        _ = try await two.open("talk")
        let running = try await one.say(Self.endless, in: "talk")
        _ = try await two.text(of: running.turnID, atLeast: 50)

        let rejected = try await two.ask(
          .sendMessage(
            .init(
              conversationID: "talk", parts: [Part(part: .text("no"))], onConflict: .reject)))
        #expect(Device.Refused(rejected).code == .turnRunning)
        let stale = try await two.ask(
          .sendMessage(
            .init(
              conversationID: "talk", parts: [Part(part: .text("no"))], expectedRevision: 0)))
        guard case .error(let error) = stale else { throw Device.Refused(stale) }
        #expect(error.code == .staleRevision)
        #expect(error.revision >= running.revision)

        let queued = try await two.say("wait [[tokens=5 rate=0 delay=0ms]]", in: "talk", onConflict: .queue)
        let pushing = try await one.say("now [[tokens=5 rate=0 delay=0ms]]", in: "talk", onConflict: .interrupt)
        #expect(try await two.answer(to: running.turnID).finished?.reason == .stopped)
        let ends = try await (one.answer(to: queued.turnID), one.answer(to: pushing.turnID))
        #expect(ends.0.finished?.reason == .complete)
        #expect(ends.1.finished?.reason == .complete)
        let roles = try await one.history(of: "talk").filter { $0.role == .user }.map(\.text)
        #expect(roles.count == 3)
      }
    }
  }
}
