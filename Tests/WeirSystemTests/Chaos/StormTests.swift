import Foundation
import Testing
import WeirWire

extension SystemTests {
  /// Everybody comes back in the same second, as after a network's failure.
  @Suite struct Storm {
    private static let crowd = TestRun.isFull ? 10_000 : 500
    /// Fewer than the default, so that a slow machine meets the limit too.
    private static let perSecond = TestRun.isFull ? 1000 : 100
    private static let living = 50

    @Test(
      "a crowd that connects at once is let in at a bounded rate, the rest is told apart when to come, and those who are there do not notice",
      .timeLimit(.minutes(2)))
    func storm() async throws {
      try await withServer(["--set", "listen.devicesPerSecond=\(Self.perSecond)"]) { server in
        var devices: [Device] = []
        for user in 0..<Self.living { devices.append(try await Device.connect(server, user: "living\(user)")) }
        // Once answers run the limit holds for them, too.
        for device in devices {
          _ = try await device.say("a long story [[tokens=100000 rate=10 delay=0ms]]", in: "story")
        }
        let probe = try await Device.connect(server, user: "probe")
        let quiet = try await Self.times(of: probe) { try await Task.sleep(for: .seconds(2)) }
        let storm = Watched<StormCaller.Figures?>(nil)
        let stormy = try await Self.times(of: probe) {
          let (port, crowd) = (server.port, Self.crowd)
          Thread {
            let figures = StormCaller(port: port).run(crowd)
            storm.update { $0 = figures }
          }.start()
          _ = try await storm.first("the end of the storm", within: .seconds(90)) { $0 }
        }
        let figures = try #require(storm.value)
        let (before, meanwhile) = (Self.p99(quiet.pings), Self.p99(stormy.pings))
        let late = Self.p99(stormy.late)
        print(
          "storm: \(Self.crowd) devices let in in \(figures.took), \(figures.refused) told to come later "
            + "(\(figures.hints.sorted()) s); p99 of a ping \(before) before, \(meanwhile) meanwhile, of a timer's delay \(late)"
        )
        #expect(figures.problems.isEmpty, "\(figures.problems.prefix(3))")
        #expect(figures.admitted == Self.crowd, "everybody is in at the end")
        #expect(figures.refused > 0)
        let least = Duration.seconds(Self.crowd) / Self.perSecond - .seconds(1)
        #expect(figures.took >= least, "\(Self.perSecond) a second were to be let in")
        #expect(figures.hints.count > 1, "all were told to come back in the same second")
        // The probe shares its processors with the storm and whatever else runs: a ping takes several wake-ups, and none
        // of them is earlier than a timer's.
        #expect(meanwhile <= max(before * 2, before + .milliseconds(30)) + late * 4)
        for device in devices { #expect(device.state.value.close == nil) }
      }
    }

    /// How long a device waits for each answer to a ping while `body` runs, and how late this process is woken.
    private static func times(
      of device: Device, while body: @Sendable () async throws -> Void
    ) async throws -> (pings: [Duration], late: [Duration]) {
      let isOver = Watched(false)
      async let times = {
        var (pings, late): ([Duration], [Duration]) = ([], [])
        while !isOver.value {
          let start = ContinuousClock.now
          _ = try await device.ask(.ping(Ping(nonce: 1)))
          let back = ContinuousClock.now
          pings.append(back - start)
          // A person's rhythm: not the pings are to be the load.
          try await Task.sleep(for: .milliseconds(2))
          late.append(.now - back - .milliseconds(2))
        }
        return (pings, late)
      }()
      try await body()
      isOver.update { $0 = true }
      return try await times
    }

    private static func p99(_ times: [Duration]) -> Duration {
      let sorted = times.sorted()
      return sorted.isEmpty ? .zero : sorted[sorted.count * 99 / 100]
    }
  }
}
