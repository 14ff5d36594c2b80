import Foundation
import Testing
import WeirWire

extension SystemTests {
  /// What an operator does: a fake provider to try things on, and `weir admin` to see what happens.
  @Suite struct Operator {
    private static let secret = "an-operators-secret-long-enough"

    /// `weir fake` on a port that the system chose.
    private func fake(_ arguments: String...) async throws -> (ChildProcess, port: Int) {
      let child = try ChildProcess(
        try Weir.binary(), ["fake", "--port", "0", "--first-token", "1ms", "--between-tokens", "0"] + arguments)
      let port = try await child.state.first("the fake's port") { state in
        state.out.firstMatch(of: #/http://127\.0\.0\.1:(\d+)/v1/#).flatMap { Int($0.1) }
      }
      return (child, port)
    }

    private func admin(_ server: ServerProcess, secret: String = Operator.secret, _ arguments: String...) async throws
      -> ChildProcess.Result
    {
      try await ChildProcess.run(
        try Weir.binary(),
        ["admin"] + arguments + ["--url", "http://127.0.0.1:\(server.port)"],
        environment: ["WEIR_ADMIN_SECRET": secret])
    }

    @Test("answers of weir fake come through, and weir admin shows state and usage")
    func fakeAndAdmin() async throws {
      let (fake, port) = try await fake("--tokens", "7")
      defer { fake.signal(SIGKILL) }
      let arguments = ["--upstream", "http://127.0.0.1:\(port)/v1", "--model", "fake"]
      try await withServer(arguments, environment: ["WEIR_ADMIN_SECRET": Self.secret]) { server in
        let device = try await Device.connect(server, user: "ann")
        let answer = try await device.converse("hi", in: "talk")
        #expect(answer.text == "the river finds its way around every ")
        #expect(answer.finished?.usage?.outputTokens == 7)

        let state = try await admin(server, "state")
        #expect(state.exit == .code(0), "\(state.err)")
        let object = try JSONSerialization.jsonObject(with: Data(state.out.utf8)) as? [String: Any]
        let shards = try #require(object?["shards"] as? [[String: Any]])
        #expect(shards.reduce(0) { $0 + ($1["devices"] as? Int ?? 0) } == 1)
        let top = try await admin(server, "top", "--once")
        #expect(top.exit == .code(0) && top.out.contains("SHARD") && !top.out.contains("\u{1B}"), "\(top.err)")

        let usage = try await admin(server, "usage")
        #expect(usage.exit == .code(0), "\(usage.err)")
        let rows = usage.out.split(separator: "\r\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        #expect(rows.count == 2 && rows[0].prefix(3) == ["day", "user", "model"])
        let row = try #require(rows.last)
        #expect(row[1] == "ann" && row[2] == "fake" && row[4] == "1" && row[9] == "7", "\(usage.out)")
        let json = try await admin(server, "usage", "--format", "json", "--user", "nobody")
        #expect(json.out.contains(#""rows":["#) && !json.out.contains("ann"))
      }
    }

    @Test("without the secret there is nothing to see, and without one in the server nothing at all")
    func refused() async throws {
      try await withServer(environment: ["WEIR_ADMIN_SECRET": Self.secret]) { server in
        let wrong = try await admin(server, secret: "another-secret-altogether", "state")
        #expect(wrong.exit == .code(69) && wrong.err.contains("operator's secret is needed"), "\(wrong.err)")
        #expect(try await HTTPReply.get("/admin/state", port: server.port).status == 401)
      }
      try await withServer { server in
        let none = try await admin(server, "state")
        #expect(none.exit == .code(69) && none.err.contains("set admin.secret"), "\(none.err)")
        #expect(try await HTTPReply.get("/admin/usage", port: server.port).status == 404)
      }
    }
  }
}
