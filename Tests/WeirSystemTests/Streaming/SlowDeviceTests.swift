import Testing
import WeirWire

extension SystemTests {
  /// A slow device falls behind and catches up; it costs nobody anything.
  @Suite struct SlowDevice {
    /// About six megabytes, as fast as they are taken: more than the kernel keeps for a peer that reads nothing.
    private static let much = "much [[tokens=1000000 rate=0 delay=0ms]]"
    private static let lengthy = ["--set", "upstream.maximumAnswerBytes=16777216"]

    @Test("fifteen devices that read nothing cost less memory than one copy each, delay nobody, and catch up whole")
    func silentDevices() async throws {
      try await withServer(Self.lengthy) { server in
        let reader = try await Device.connect(server, user: "ann")
        _ = try await reader.open("talk")
        // The first time pays for buffers and tables that are kept.
        let first = try await reader.converse(Self.much, in: "talk")
        let size = first.text.utf8.count
        #expect(size > 5_000_000)
        let before = try server.residentBytes()

        var silent: [Device] = []
        for _ in 0..<15 {
          let device = try await Device.connect(server, user: "ann")
          _ = try await device.open("talk")
          device.setReading(false)
          silent.append(device)
        }
        let bystander = try await Device.connect(server, user: "bob")
        let bystanding = try await bystander.say("steady [[tokens=200 rate=100 delay=0ms]]")
        let mark = reader.count
        let ack = try await reader.say(Self.much, in: "talk")
        let answer = try await reader.answer(to: ack.turnID, since: mark)
        #expect(answer.finished != nil)
        #expect(answer.faults.isEmpty)
        let growth = try server.residentBytes() - before
        print("15 devices that read nothing of \(size) bytes: \(growth / 1024) KiB more in memory")
        #expect(try await server.metric("weir_cursor_pauses_total") >= 15)
        // The second answer's log, and what each socket may hold back.
        #expect(growth < 10 * size, "a copy for each device would be \(15 * size) bytes")

        #expect(try await bystander.answer(to: bystanding.turnID).faults.isEmpty)
        let gap = Self.longestGap(bystander)
        print("another user's answer of 100 tokens/s meanwhile: at most \(gap) between two pieces")
        #expect(gap < .seconds(1))

        for device in silent { device.setReading(true) }
        for device in silent {
          let late = try await device.answer(to: ack.turnID)
          #expect(late.faults.isEmpty)
          #expect(late.text == answer.text)
          #expect(late.transcript.deltas <= answer.transcript.deltas)
        }
      }
    }

    @Test("credit holds a device's text back to the byte until more is granted")
    func credit() async throws {
      try await withServer { server in
        let device = try await Device.connect(server, user: "ann")
        _ = try await device.hello(Hello(credit: 100))
        let other = try await Device.connect(server, user: "ann")
        _ = try await other.open("talk")
        let ack = try await device.say("many [[tokens=400 rate=0 delay=0ms]]", in: "talk")
        let whole = try await other.answer(to: ack.turnID)
        // The whole answer is out: whatever the first device was to get without more credit, it has been sent.
        _ = try await device.ask(.ping(Ping(nonce: 1)))
        var held = Transcript(turn: ack.turnID)
        for arrival in device.state.value.arrivals { _ = held.take(arrival.frame) }
        #expect((97...100).contains(held.text.utf8.count))
        device.send(.grantCredit(GrantCredit(bytes: 1 << 30)))
        let late = try await device.answer(to: ack.turnID)
        #expect(late.text == whole.text)
        #expect(late.faults.isEmpty)
      }
    }

    @Test("a device that takes nothing for the stall limit is closed, and its answer is kept")
    func stalled() async throws {
      try await withServer(Self.lengthy + ["--set", "websocket.stallLimit=1s"]) { server in
        let device = try await Device.connect(server, user: "ann")
        device.setReading(false)
        device.send(
          .sendMessage(.init(conversationID: "talk", parts: [Part(part: .text(Self.much))])))
        try await server.waitForMetric("weir_cursor_pauses_total") { $0 > 0 }
        try await server.waitForMetric("weir_connections_open") { $0 == 0 }
        let stored = try await poll("the answer in the history") {
          try await Device.connect(server, user: "ann").history(of: "talk").first { $0.role == .assistant }
        }
        #expect(stored.text.utf8.count > 5_000_000)
      }
    }

    /// Between two pieces of text on a device.
    private static func longestGap(_ device: Device) -> Duration {
      let times = device.state.value.arrivals.compactMap { arrival in
        if case .delta? = arrival.frame.frame { arrival.time } else { nil }
      }
      return zip(times.dropFirst(), times).map { $0 - $1 }.max() ?? .zero
    }
  }
}
