import NIOConcurrencyHelpers
import Testing
import WeirWire

extension SystemTests {
  /// More is asked than can be served.
  @Suite struct Overload {
    private static let places = 20
    private static let devices = 60
    /// Each answer takes 500 ms of a place: 40 a second.
    private static let provider = ["--first-token", "300ms", "--between-tokens", "20ms", "--tokens", "11"]
    private static let seconds = TestRun.isFull ? 20 : 3
    private static let memoryLimit = 64 << 20

    private struct Figures: Sendable {
      var finished = 0
      var refused: [Duration] = []
      var unclear: [String] = []
      var lastAt: ContinuousClock.Instant?
      /// From the first message to the last answer.
      var took = Duration.zero
      var perSecond: Double { Double(finished) / max(0.1, took / .seconds(1)) }
    }

    @Test(
      "at twice the load it can serve the server serves as much as at its peak, refuses the rest at once and in words, and recovers",
      .timeLimit(.minutes(2)))
    func twice() async throws {
      let provider = try await FakeProvider.start(Self.provider)
      defer { provider.stop() }
      let arguments =
        provider.arguments + [
          "--memory-limit", "\(Self.memoryLimit)", "--set", "upstream.maximumConcurrent=\(Self.places)",
          "--set", "queue.maximumWaiting=40",
        ]
      try await withServer(arguments) { server in
        var devices: [Device] = []
        for user in 0..<Self.devices { devices.append(try await Device.connect(server, user: "user\(user)")) }
        // Everybody sends the next message when the last one is answered: as much as can be served, and no more.
        let peak = try await Self.run(devices, .seconds(3)) { device, end, figures in
          while ContinuousClock.now < end { try await Self.ask(device, figures) }
        }
        let before = try server.residentBytes()
        // Everybody sends at a fixed rate, answered or not: twice that.
        let interval = peak.took * Self.devices / max(1, peak.finished * 2)
        let loaded = try await Self.run(devices, .seconds(Self.seconds)) { device, end, figures in
          try await withThrowingTaskGroup(of: Void.self) { group in
            var next = ContinuousClock.now
            while next < end {
              group.addTask { try await Self.ask(device, figures) }
              next += interval
              try await Task.sleep(until: next)
            }
            try await group.waitForAll()
          }
        }
        let (best, good) = (peak.perSecond, loaded.perSecond)
        let refusals = loaded.refused.sorted()
        let slow = refusals.isEmpty ? .zero : refusals[refusals.count * 99 / 100]
        let grown = try server.residentBytes() - before
        print(
          "overload: \(Int(best)) answers/s at the peak, \(Int(good)) at twice that; \(refusals.count) refused, p99 after "
            + "\(slow); \(grown >> 10) KiB more memory")
        #expect(
          good >= best * (TestRun.isFull ? 0.9 : 0.75), "within a tenth; a short run on a busy machine is not so exact")
        #expect(loaded.unclear.isEmpty, "\(loaded.unclear.prefix(3))")
        #expect(refusals.count > loaded.finished / 4, "it was no overload")
        #expect(slow < .seconds(1))
        #expect(grown < Self.memoryLimit)

        let start = ContinuousClock.now
        let next = try await devices[0].converse("and now?")
        #expect(next.finished?.reason == .complete)
        #expect(ContinuousClock.now - start < .seconds(2), "back to normal by itself")
      }
    }

    private static func run(
      _ devices: [Device], _ time: Duration,
      _ body: @escaping @Sendable (Device, ContinuousClock.Instant, NIOLockedValueBox<Figures>) async throws -> Void
    ) async throws -> Figures {
      let figures = NIOLockedValueBox(Figures())
      let start = ContinuousClock.now
      let end = start + time
      try await withThrowingTaskGroup(of: Void.self) { group in
        for device in devices { group.addTask { try await body(device, end, figures) } }
        try await group.waitForAll()
      }
      figures.withLockedValue { $0.took = $0.lastAt.map { $0 - start } ?? .zero }
      return figures.withLockedValue { $0 }
    }

    /// One message in a conversation of its own, to its end.
    private static func ask(_ device: Device, _ figures: NIOLockedValueBox<Figures>) async throws {
      let start = ContinuousClock.now
      let mark = device.count
      let reply = try await device.ask(.sendMessage(SendMessage(parts: [.text("hello")])))
      var refusal: WeirError?
      switch reply {
      case .ack(let ack):
        let answer = try await device.answer(to: ack.turnID, since: mark)
        if answer.finished?.reason == .complete {
          return figures.withLockedValue {
            $0.finished += 1
            $0.lastAt = .now
          }
        }
        refusal = answer.failed?.error
      case .error(let error): refusal = error
      default: break
      }
      let took = ContinuousClock.now - start
      figures.withLockedValue { figures in
        if let refusal, refusal.code == .overloaded, refusal.retryable, !refusal.message.isEmpty {
          figures.refused.append(took)
        } else {
          figures.unclear.append("\(reply), \(String(describing: refusal))")
        }
      }
    }
  }
}
