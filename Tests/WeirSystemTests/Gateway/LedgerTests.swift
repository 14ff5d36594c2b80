import Foundation
import Testing
import WeirWire

extension SystemTests {
  /// What people have used, and what waits, is exact whenever the server dies.
  @Suite struct Ledger {
    private static let rounds = TestRun.isFull ? 12 : 3
    private static let secret = "an-operators-secret-of-enough-bytes"
    private static let arguments = [
      "--demo-rate", "2000", "--demo-delay", "5ms", "--demo-tokens", "40", "--set",
      "plans.default.tokensPerMonth=100000000",
    ]

    /// What `weir admin usage` prints.
    private struct Export: Decodable {
      let rows: [Row]
    }

    private struct Row: Decodable {
      let user: String
      let turns: Int
      let failures: Int
      let inputTokens: Int
      let outputTokens: Int
    }

    @Test(
      "after kill -9 at any point each turn is in the ledger once, with the tokens its answer says",
      .timeLimit(.minutes(5)))
    func killed() async throws {
      let directory = try TemporaryDirectory()
      var random = SeededRandom(seed: TestRun.seed)
      var asked = 0
      for round in 1...Self.rounds {
        let server = try await Self.start(directory)
        let devices = try await withThrowingTaskGroup(of: Device.self) { group in
          for user in 0..<4 { group.addTask { try await Device.connect(server, user: "u\(user)") } }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        let acknowledged = Watched(0) { "\($0) acknowledged" }
        let enough = Int.random(in: 5...60, using: &random)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for (number, device) in devices.enumerated() {
            group.addTask {
              // Until the server dies under it.
              for message in 0... {
                guard (try? await device.say("hello", in: "r\(round)d\(number)c\(message % 3)")) != nil else { return }
                acknowledged.update { $0 += 1 }
              }
            }
          }
          group.addTask {
            _ = try await acknowledged.first("acknowledgements", within: .seconds(60)) { $0 >= enough ? $0 : nil }
            try await server.killNow()
          }
          try await group.waitForAll()
        }
        asked += acknowledged.value
      }
      let server = try await Self.start(directory)
      // What waited when the server died runs now.
      try await server.waitForMetric("weir_turns_queued", within: .seconds(60)) { $0 == 0 }
      try await server.waitForMetric("weir_turns_running", within: .seconds(60)) { $0 == 0 }
      try await Self.compare(server, atLeast: asked)
      try await server.killNow()
    }

    private static func start(_ directory: TemporaryDirectory) async throws -> ServerProcess {
      try await ServerProcess.start(
        data: directory.file("data"), arguments, environment: ["WEIR_ADMIN_SECRET": secret])
    }

    /// The ledger has what the answers say, for each user.
    private static func compare(_ server: ServerProcess, atLeast asked: Int) async throws {
      let rows = try await usage(server)
      var turns = 0
      for user in 0..<4 {
        let device = try await Device.connect(server, user: "u\(user)")
        var answers: [Message] = []
        for conversation in try await device.conversations() {
          answers += try await device.history(of: conversation.id).filter { $0.role == .assistant }
        }
        let mine = rows.filter { $0.user == "u\(user)" }
        #expect(mine.reduce(0) { $0 + $1.turns } == answers.count, "u\(user)")
        #expect(mine.reduce(0) { $0 + $1.failures } == answers.count { $0.error != nil }, "u\(user)")
        let whole = answers.filter { $0.error == nil }.compactMap(\.usage)
        #expect(
          mine.reduce(0) { $0 + $1.outputTokens } >= whole.reduce(0) { $0 + Int($1.outputTokens) }, "u\(user)")
        turns += answers.count
      }
      #expect(turns >= asked)
      print("ledger: \(turns) turns over \(rounds) deaths, each counted once (seed \(TestRun.seed))")
    }

    private static func usage(_ server: ServerProcess) async throws -> [Row] {
      let exported = try await Weir.run(
        "admin", "usage", "--format", "json", "--url", "http://127.0.0.1:\(server.port)",
        environment: ["WEIR_ADMIN_SECRET": secret])
      #expect(exported.exit == .code(0), "\(exported.err)")
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Export.self, from: Data(exported.out.utf8)).rows
    }

    @Test("turns that wait when the server is killed run after it, in order, with nobody connected")
    func waiting() async throws {
      let provider = try await FakeProvider.start(["--first-token", "2s", "--tokens", "3"])
      defer { provider.stop() }
      let directory = try TemporaryDirectory()
      let arguments = provider.arguments + ["--set", "upstream.maximumConcurrent=1"]
      let server = try await ServerProcess.start(data: directory.file("data"), arguments)
      for user in 0..<3 {
        let device = try await Device.connect(server, user: "u\(user)")
        for number in 1...3 { _ = try await device.say("question \(number)", in: "c") }
      }
      try await server.killNow()
      try await provider.set(#"{"firstToken": "5ms"}"#)
      let restarted = try await ServerProcess.start(data: directory.file("data"), arguments)
      try await restarted.waitForMetric("weir_turns_queued", within: .seconds(60)) { $0 == 0 }
      try await restarted.waitForMetric("weir_turns_running", within: .seconds(60)) { $0 == 0 }
      var interrupted = 0
      for user in 0..<3 {
        let device = try await Device.connect(restarted, user: "u\(user)")
        let history = try await device.history(of: "c")
        #expect(history.map(\.role) == [.user, .assistant, .user, .assistant, .user, .assistant])
        #expect(history.filter { $0.role == .user }.map(\.text) == ["question 1", "question 2", "question 3"])
        let answers = history.filter { $0.role == .assistant }
        interrupted += answers.count { $0.error?.code == .interrupted }
        #expect(answers.allSatisfy { $0.error == nil || $0.error?.code == .interrupted })
      }
      #expect(interrupted <= 1, "only the one that the provider had begun")
      try await restarted.killNow()
    }

    @Test("a day's tokens hold across a restart, and the refusal says what is left and when to come back")
    func budget() async throws {
      let directory = try TemporaryDirectory()
      let arguments =
        ServerProcess.fastDemo + [
          "--set", "plans.default.tokensPerDay=1200", "--set", "upstream.answerTokens=500",
        ]
      let server = try await ServerProcess.start(data: directory.file("data"), arguments)
      let device = try await Device.connect(server, user: "ann")
      var refused: WeirError?
      for number in 0..<200 {
        do { _ = try await device.converse("question \(number)", in: "c\(number)") } catch let error as Device.Refused {
          if case .error(let why) = error.reply { refused = why }
          break
        }
      }
      let refusal = try #require(refused)
      #expect(refusal.code == .budgetExceeded)
      #expect(refusal.limit?.name == "tokens_per_day")
      #expect(refusal.retryAfterMs > 0)
      try await server.killNow()
      let restarted = try await ServerProcess.start(data: directory.file("data"), arguments)
      let again = try await Device.connect(restarted, user: "ann")
      await #expect(throws: Device.Refused.self) { _ = try await again.say("once more") }
      guard case .usageReport(let report) = try await again.ask(.getUsage(GetUsage())) else {
        return #expect(Bool(false), "no report")
      }
      #expect(report.limits.first?.remaining == refusal.limit?.remaining)
      try await restarted.killNow()
    }
  }
}
