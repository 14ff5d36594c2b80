import Testing
import WeirWire

extension SystemTests {
  /// `kill -9` at any moment loses nothing acknowledged, and repeats nothing.
  @Suite struct Kill {
    private static let rounds = TestRun.isFull ? 50 : 5
    private static let writers = 6
    /// Answers are not what is tested here: they may all wait.
    private static let arguments = ServerProcess.fastDemo + ["--set", "sessions.maximumWaitingTurns=10000"]

    @Test("every acknowledged message survives SIGKILL, once and in order", .timeLimit(.minutes(15)))
    func underLoad() async throws {
      let directory = try TemporaryDirectory()
      var random = SeededRandom(seed: TestRun.seed)
      var total = 0
      var again = 0
      var slowestStart = Duration.zero
      for round in 1...Self.rounds {
        let acknowledged = Int.random(in: 1...250, using: &random)
        let server = try await ServerProcess.start(data: directory.file("data"), Self.arguments)
        let writers = (0..<Self.writers).map { NumberedWriter(user: "user\($0 % 3)", conversation: "r\(round)-w\($0)") }
        try await Self.write(writers, to: server, untilAcknowledged: acknowledged)
        total += writers.reduce(0) { $0 + $1.acknowledgements.count }

        let start = ContinuousClock.now
        let restarted = try await ServerProcess.start(data: directory.file("data"), Self.arguments)
        slowestStart = max(slowestStart, .now - start)
        for writer in writers {
          again += try await writer.compare(with: restarted, "round \(round), seed \(TestRun.seed)")
        }
        try await restarted.killNow()
      }
      print(
        "kill -9: \(Self.rounds) rounds, \(total) acknowledged messages, \(again) sent again, none lost; "
          + "slowest start \(slowestStart) (seed \(TestRun.seed))")
      #expect(total > Self.rounds)
    }

    /// All writers at once, until they have so many acknowledgements together; then the server dies.
    private static func write(
      _ writers: [NumberedWriter], to server: ServerProcess, untilAcknowledged count: Int
    ) async throws {
      // All are there before the first writes: the end is to meet them writing.
      var devices: [Device] = []
      for writer in writers { devices.append(try await writer.connect(to: server)) }
      let acknowledged = Watched(0) { "\($0) acknowledged" }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (writer, device) in zip(writers, devices) {
          group.addTask { try await writer.run(on: device) { acknowledged.update { $0 += 1 } } }
        }
        group.addTask {
          _ = try await acknowledged.first("\(count) acknowledgements", within: .seconds(60)) { $0 >= count ? $0 : nil }
          try await server.killNow()
        }
        try await group.waitForAll()
      }
    }
  }
}
