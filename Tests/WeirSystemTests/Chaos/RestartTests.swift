import Foundation
import Testing
import WeirClient
import WeirWire

extension SystemTests {
  /// The server goes and comes back while answers stream to many devices.
  @Suite struct Restart {
    private static let users = TestRun.isFull ? 1000 : 100
    /// Two seconds of text, or five for many users.
    private static let question =
      TestRun.isFull
      ? "a story [[tokens=150 rate=15 delay=0ms]]" : "a story [[tokens=80 rate=40 delay=0ms]]"

    @Test(
      "after a restart under running answers devices come back by themselves, apart, and each answer is whole in the end",
      .timeLimit(.minutes(5)), arguments: [SIGTERM, SIGKILL])
    func restart(_ signal: Int32) async throws {
      let directory = try TemporaryDirectory()
      let data = directory.file("data")
      let server = try await ServerProcess.start(data: data)
      let whole = try await Self.reference(server)
      let crowd = try Crowd(Self.users, port: server.port)
      try await crowd.each { try await $0.connect() }
      try await crowd.ask(Self.question) {
        server.child.signal(signal)
        let ended = try await server.child.result(within: .seconds(20))
        if signal == SIGTERM {
          #expect(ended.exit == .code(0), "\(ended.err)")
          expectNoTrace(ended)
        }
        let restarted = try await ServerProcess.start(data: data, port: server.port)
        Self.keep.update { $0 = restarted }
      }
      let restarted = try #require(Self.keep.update { $0.take() })
      let cut = crowd.askers.count { $0.reading.failed != nil }
      try await crowd.each { try await $0.check(whole: whole, losesNothing: signal == SIGTERM) }

      let first = crowd.askers.compactMap { $0.reconnectWaits.first }
      #expect(first.count == Self.users, "everybody lost the connection and came back")
      let spread = (first.max() ?? .zero) - (first.min() ?? .zero)
      print(
        "restart by signal \(signal): \(Self.users) answers, \(cut) cut and continued, devices came back over \(spread)"
      )
      #expect(cut > 0, "the signal met running answers")
      #expect(spread > (signal == SIGTERM ? .seconds(1) : .milliseconds(100)), "a crowd that comes back at once")
      #expect(Set(first).count > Self.users / 10)
      await crowd.close()
      try await restarted.killNow()
    }

    /// Passed out of a closure that may run on any thread.
    private static let keep = Watched<ServerProcess?>(nil)

    /// The demo model says the same to the same question, however fast.
    private static func reference(_ server: ServerProcess) async throws -> String {
      let device = try await Device.connect(server, user: "reference")
      defer { device.abort() }
      let fast = question.replacing(#/rate=\d+/#, with: "rate=0")
      return try await device.converse(fast).text
    }
  }

  /// The provider dies while it answers.
  @Suite struct ProviderDeath {
    private static let users = TestRun.isFull ? 300 : 40

    @Test("a provider killed in mid-answer leaves every partial answer, and each can be continued when it is back")
    func killed() async throws {
      let arguments = ["--first-token", "20ms", "--between-tokens", "25ms", "--tokens", "80"]
      let provider = try await FakeProvider.start(arguments)
      try await withServer(provider.arguments) { server in
        let crowd = try Crowd(Self.users, port: server.port)
        try await crowd.each { try await $0.connect() }
        try await crowd.ask("a story") { provider.stop() }
        let back = try await FakeProvider.start(arguments + ["--port", "\(provider.port)"])
        defer { back.stop() }
        try await crowd.each { asker in
          let first = asker.reading
          if let failed = first.failed {
            #expect(failed.partialKept, "\(asker.user)")
            #expect(failed.error.isRetryable, "\(asker.user): \(failed.error)")
            #expect(failed.length == UInt64(first.text.utf8.count), "\(asker.user)")
            let stored = try await asker.history()
            #expect(stored.map(\.role) == [.user, .assistant] && stored.last?.text == first.text, "\(asker.user)")
            await asker.goOn()
            #expect(
              asker.reading.finished?.reason == .complete, "\(asker.user): \(String(describing: asker.reading.end))")
            let continued = try await asker.history()
            #expect(continued.map(\.role) == [.user, .assistant], "\(asker.user)")
            #expect(continued.last?.text == first.text + asker.reading.text, "\(asker.user)")
          } else {
            #expect(first.finished?.reason == .complete, "\(asker.user): \(String(describing: first.end))")
          }
        }
        #expect(try await server.metric("weir_turns_running") == 0)
        await crowd.close()
      }
    }
  }
}
