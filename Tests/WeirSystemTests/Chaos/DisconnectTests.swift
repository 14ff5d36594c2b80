import Testing
import WeirWire

extension SystemTests {
  /// Devices that lose their connections all the time.
  @Suite struct Disconnects {
    private static let users = TestRun.isFull ? 1000 : 100
    private static let cuts = 10
    private static let question =
      TestRun.isFull
      ? "a story [[tokens=300 rate=10 delay=0ms]]" : "a story [[tokens=150 rate=40 delay=0ms]]"

    @Test(
      "however often devices lose their connection at whatever byte, what they read is the log, byte for byte",
      .timeLimit(.minutes(5)))
    func random() async throws {
      try await withServer([]) { server in
        let reference = try await Device.connect(server, user: "reference")
        let whole = try await reference.converse(question(fast: true)).text
        let descriptors = try server.openDescriptors()
        let cuts = Watched(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for user in 0..<Self.users {
            group.addTask {
              var random = SeededRandom(seed: TestRun.seed &+ UInt64(user))
              let text = try await Self.read(server, user: "user\(user)", &random) { cuts.update { $0 += 1 } }
              #expect(text == whole, "user\(user), seed \(TestRun.seed)")
            }
          }
          try await group.waitForAll()
        }
        print("disconnects: \(cuts.value) in \(Self.users) running answers (seed \(TestRun.seed))")
        #expect(cuts.value > Self.users * Self.cuts / 2, "answers ended before most of the cuts")
        #expect(try await server.metric("weir_turns_failed_total") == 0)
        try await server.waitForMetric("weir_connections_open") { $0 == 1 }
        try await poll("all descriptors back") { try server.openDescriptors() <= descriptors + 2 ? () : nil }
      }
    }

    private func question(fast: Bool) -> String { Self.question.replacing(#/rate=\d+/#, with: "rate=0") }

    /// Asks and reads an answer over many connections, each lost at a random byte; compares with the stored message.
    private static func read(
      _ server: ServerProcess, user: String, _ random: inout SeededRandom, onCut: () -> Void
    ) async throws -> String {
      var device = try await connect(server, user)
      let turn = try await device.say(question, in: "story").turnID
      var text = ""
      for _ in 0..<cuts {
        let wanted = Int.random(in: 1...60, using: &random)
        var transcript = Transcript(turn: turn, offset: UInt64(text.utf8.count))
        let isOver = try await device.wait(for: "\(wanted) more bytes for \(user)") { frame -> Bool? in
          if transcript.take(frame) != nil { return true }
          return transcript.text.utf8.count >= wanted ? false : nil
        }
        #expect(transcript.faults.isEmpty, "\(user): \(transcript.faults)")
        text += transcript.text
        if isOver { return try await compared(text, device) }
        device.abort()
        onCut()
        device = try await connect(server, user)
        let resume = SubscribeTurn(turnID: turn, offset: UInt64(text.utf8.count))
        let welcome = try await device.hello(Hello(resume: [resume], follow: ["story"]))
        #expect(welcome.resumed.map(\.turnID) == [turn], "\(user)")
      }
      let rest = try await device.answer(to: turn, from: UInt64(text.utf8.count))
      #expect(rest.faults.isEmpty, "\(user): \(rest.faults)")
      return try await compared(text + rest.text, device)
    }

    private static func compared(_ text: String, _ device: Device) async throws -> String {
      let history = try await device.history(of: "story")
      #expect(history.map(\.role) == [.user, .assistant])
      #expect(history.last?.text == text)
      device.abort()
      return text
    }

    /// A server may let devices in one after the other while answers run.
    private static func connect(_ server: ServerProcess, _ user: String) async throws -> Device {
      try await poll("a connection for \(user)") { try? await Device.connect(server, user: user) }
    }
  }
}
