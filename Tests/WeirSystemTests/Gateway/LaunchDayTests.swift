import Foundation
import Testing
import WeirWire

extension SystemTests {
  /// Everybody presses send at once, and the provider takes twenty.
  @Suite struct LaunchDay {
    private static let users = TestRun.isFull ? 1000 : 200
    private static let slots = 20

    /// A user's turn: when it was sent, when its answer began, how it ended.
    private struct Turn: Sendable {
      let isPremium: Bool
      let wait: Duration
      let isWhole: Bool
    }

    @Test(
      "nobody errors, nobody waits out of turn, the provider is spared, and who pays waits less",
      .timeLimit(.minutes(5)))
    func everybodyAtOnce() async throws {
      let provider = try await FakeProvider.start([
        "--concurrent", "\(Self.slots)", "--first-token", "100ms", "--between-tokens", "15ms", "--tokens", "20",
      ])
      defer { provider.stop() }
      // The default plan's best lane is the premium one; the others ask for less.
      let arguments = provider.arguments + ["--set", "plans.default.lane=interactive-premium"]
      try await withServer(arguments) { server in
        var devices: [Device] = []
        for user in 0..<Self.users { devices.append(try await Device.connect(server, user: "user\(user)")) }
        async let early = Self.figures(of: provider, after: .seconds(1))
        let turns = try await withThrowingTaskGroup(of: Turn.self) { group in
          for (number, device) in devices.enumerated() {
            group.addTask { try await Self.converse(device, isPremium: number % 10 == 0) }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        let before = try await early
        let after = try await Self.figures(of: provider)
        #expect(turns.count { $0.isWhole } == Self.users)
        #expect(try await provider.figure("mostRunning") <= Self.slots)
        // The first second is the server's to learn how much the provider takes.
        let (limited, requests) = (after.limited - before.limited, after.requests - before.requests)
        #expect(limited * 100 <= requests, "\(limited) of \(requests) were refused after the first second")
        let premium = turns.filter(\.isPremium).map(\.wait)
        let free = turns.filter { !$0.isPremium }.map(\.wait)
        let (paid, unpaid) = (Self.p99(premium), Self.p99(free))
        print(
          "launch day: \(Self.users) users, \(after.requests) requests, \(after.limited) refused by the provider; "
            + "p99 wait \(paid) premium, \(unpaid) free")
        #expect(paid <= unpaid / 3)
        #expect(try await server.metric("weir_turns_failed_total") == 0)
      }
    }

    private static func converse(_ device: Device, isPremium: Bool) async throws -> Turn {
      let sent = ContinuousClock.now
      let message = SendMessage(parts: [.text("hello")], lane: isPremium ? "" : "interactive")
      let reply = try await device.ask(.sendMessage(message))
      guard case .ack(let ack) = reply else { throw Device.Refused(reply) }
      let begun = try await device.wait(for: "the start", within: .seconds(120)) { frame in
        if case .turnStarted(let started)? = frame.frame, started.turnID == ack.turnID {
          ContinuousClock.now
        } else {
          nil
        }
      }
      let answer = try await device.answer(to: ack.turnID, within: .seconds(120))
      return Turn(isPremium: isPremium, wait: begun - sent, isWhole: answer.finished?.reason == .complete)
    }

    private static func figures(
      of provider: FakeProvider, after pause: Duration = .zero
    ) async throws -> (limited: Int, requests: Int) {
      try await Task.sleep(for: pause)
      return (try await provider.figure("limited"), try await provider.figure("requests"))
    }

    private static func p99(_ waits: [Duration]) -> Duration {
      let sorted = waits.sorted()
      return sorted.isEmpty ? .zero : sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
    }
  }
}
