import Foundation
import Testing
import WeirWire

extension SystemTests {
  /// Forgetting a person, by the real command against the real server, while people chat.
  @Suite struct Erasing {
    private static let secret = "an-operators-secret-long-enough"
    private static let mark = "unforgettable-a8f3"

    private func erase(_ user: String, on server: ServerProcess) async throws -> ChildProcess.Result {
      try await ChildProcess.run(
        try Weir.binary(), ["admin", "erase", "--user", user, "--yes", "--url", "http://127.0.0.1:\(server.port)"],
        environment: ["WEIR_ADMIN_SECRET": Self.secret], within: .seconds(120))
    }

    /// Files of the data that hold the text.
    private func files(of data: String, with text: String) throws -> [String] {
      let wanted = Data(text.utf8)
      return try FileManager.default.subpathsOfDirectory(atPath: data).filter { name in
        // A file may be deleted while this looks.
        FileManager.default.contents(atPath: "\(data)/\(name)")?.range(of: wanted) != nil
      }
    }

    @Test("an erased user's devices are sent away, no file has a byte of them, and others notice nothing")
    func whileServing() async throws {
      let directory = try TemporaryDirectory()
      let data = directory.file("data")
      let arguments = ["--demo-rate", "200", "--demo-delay", "0ms"]
      try await withServer(arguments, data: data, environment: ["WEIR_ADMIN_SECRET": Self.secret]) { server in
        let ann = try await Device.connect(server, user: "ann-\(Self.mark)")
        let second = try await Device.connect(server, user: "ann-\(Self.mark)", .init(format: .json))
        let bob = try await Device.connect(server, user: "bob")
        _ = try await ann.converse("my secret is \(Self.mark) [[tokens=5]]", in: "diary")
        let running = try await ann.say("and more \(Self.mark) [[tokens=100000]]", in: "diary")
        _ = try await ann.text(of: running.turnID, atLeast: 50)
        let bobs = try await bob.say("tell me something [[tokens=400]]", in: "talk")
        #expect(!(try files(of: data, with: Self.mark)).isEmpty)

        let erased = try await erase("ann-\(Self.mark)", on: server)
        #expect(erased.exit == .code(0), "\(erased.err)")
        #expect(try files(of: data, with: Self.mark) == [])
        for device in [ann, second] {
          #expect(try await device.closed() == 1013)
          let goodbye = try await device.wait(for: "a goodbye") { frame -> Goodbye? in
            if case .goodbye(let goodbye)? = frame.frame { goodbye } else { nil }
          }
          #expect(goodbye.message.contains("being erased") && goodbye.reconnectAfterMs > 0)
        }
        let answer = try await bob.answer(to: bobs.turnID)
        #expect(answer.faults == [] && answer.finished?.reason == .complete)

        let stranger = try await Device.connect(server, user: "ann-\(Self.mark)")
        #expect(try await stranger.conversations().isEmpty)
        let first = try await stranger.say("hello [[tokens=3]]", in: "diary")
        #expect(first.turnID == 1 && first.sequence == 1)
        #expect(try await server.metric("weir_users_erased_total") == 1)
        #expect(!server.child.state.value.err.contains(Self.mark), "the log names whom nobody should remember")
      }
    }

    @Test("who sends, comes back and resumes without pause while being erased ends as a stranger or as erased")
    func storm() async throws {
      let directory = try TemporaryDirectory()
      let data = directory.file("data")
      let arguments = ["--demo-rate", "0", "--demo-delay", "5ms", "--demo-tokens", "20"]
      try await withServer(arguments, data: data, environment: ["WEIR_ADMIN_SECRET": Self.secret]) { server in
        for round in 0..<3 {
          let sender = Task {
            var sent = 0
            while !Task.isCancelled {
              guard let device = try? await Device.connect(server, user: "eve-\(Self.mark)") else { continue }
              device.send(.hello(Hello(version: 1, resume: [SubscribeTurn(turnID: 1)], follow: ["c"])))
              for _ in 0..<20 where !Task.isCancelled {
                guard (try? await device.say("\(Self.mark) \(sent)", in: "c", clientID: "m\(sent)")) != nil else {
                  break
                }
                sent += 1
              }
              device.abort()
            }
            return sent
          }
          let watcher = try await Device.connect(server, user: "eve-\(Self.mark)")
          _ = try await watcher.open("c")
          // Some messages are there, and others are on their way.
          try await poll("messages") { try await watcher.history(of: "c").count > 6 ? () : nil }
          let erased = try await erase("eve-\(Self.mark)", on: server)
          #expect(erased.exit == .code(0), "round \(round): \(erased.err)")
          sender.cancel()
          _ = await sender.value
          let last = try await erase("eve-\(Self.mark)", on: server)
          #expect(last.exit == .code(0), "round \(round): \(last.err)")
          #expect(try files(of: data, with: Self.mark) == [], "round \(round)")
        }
        let verified = try await Weir.run("admin", "verify", "--data", data)
        #expect(verified.exit == .code(0), "\(verified.out)\(verified.err)")
      }
    }
  }

  /// What a plan keeps no longer.
  @Suite struct Retention {
    private static let yaml = """
      data: {retentionInterval: 200ms}
      plans:
        default: {keepConversations: 1s}
        paid: {keepConversations: 1d}
      """
    private static let secret = "a secret of thirty-two bytes, at least"

    private func device(_ user: String, plan: String?, on server: ServerProcess) async throws -> Device {
      let arguments = ["token", "--user", user] + (plan.map { ["--plan", $0] } ?? [])
      let made = try await ChildProcess.run(
        try Weir.binary(), arguments, environment: ["WEIR_JWT_SECRET": Self.secret])
      let token = made.out.trimmingCharacters(in: .whitespacesAndNewlines)
      return try await Device.connect(server, .init(headers: [("Authorization", "Bearer \(token)")]))
    }

    @Test("old conversations of a plan that keeps them for a while go, also of people who are away; others stay")
    func byPlan() async throws {
      let directory = try TemporaryDirectory()
      let file = try directory.write(Self.yaml, to: "weir.yaml")
      let arguments = ["--config", file] + ServerProcess.fastDemo
      try await withServer(arguments, environment: ["WEIR_JWT_SECRET": Self.secret]) { server in
        let (free, paid) = (
          try await device("free", plan: nil, on: server), try await device("paid", plan: "paid", on: server)
        )
        let away = try await device("away", plan: nil, on: server)
        for one in [free, paid, away] { _ = try await one.converse("hello", in: "old") }
        away.abort()
        // The device that is there is told.
        _ = try await free.wait(for: "the news that a conversation has gone") { frame -> Void? in
          if case .conversationDeleted(let gone)? = frame.frame, gone.conversationID == "old" { () } else { nil }
        }
        try await server.waitForMetric("weir_conversations_expired_total") { $0 >= 2 }
        #expect(try await free.conversations().isEmpty)
        #expect(try await device("away", plan: nil, on: server).conversations().isEmpty)
        #expect(try await paid.conversations().map(\.id) == ["old"])
        #expect(try await paid.history(of: "old").count == 2)
      }
    }
  }
}
