import Foundation
import Testing

extension SystemTests {
  /// OpenAI's official Python client uses Weir by its base URL.
  @Suite(.enabled(if: Python.runs(.openai), "Python has no openai; Tests/run installs it")) struct OpenAIClient {
    private static let secret = "0123456789abcdef0123456789abcdef"

    private func run(_ server: ServerProcess, key: String, model: String = "demo", _ more: String...) async throws {
      let result = try await Python.run(
        "openai_sdk.py", ["http://127.0.0.1:\(server.port)/v1", key, model] + more)
      #expect(result.exit == .code(0), "\(result.out)\(result.err)")
      #expect(result.out.contains("ok: "))
    }

    private func token(_ user: String) async throws -> String {
      let result = try await Weir.run("token", "--user", user, environment: ["WEIR_JWT_SECRET": Self.secret])
      return result.out.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test("on a server without keys any key does, and answers come whole and streamed")
    func open() async throws {
      try await withServer { server in try await run(server, key: "none") }
    }

    @Test("on a server with keys the token is the key, and no other is taken")
    func tokens() async throws {
      let key = try await token("ann")
      try await withServer(environment: ["WEIR_JWT_SECRET": Self.secret]) { server in
        try await run(server, key: key)
      }
    }

    @Test("a plan's limit is met as the client knows limits")
    func limited() async throws {
      try await withServer(ServerProcess.fastDemo + ["--set", "plans.free.turnsPerMinute=1"]) { server in
        try await run(server, key: "none", "--limited")
      }
    }
  }
}
