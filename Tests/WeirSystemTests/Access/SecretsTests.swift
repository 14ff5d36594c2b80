import Foundation
import NIOSSL
import Testing
import WebSocket
import WeirWire

extension SystemTests {
  /// What nobody may read anywhere: every secret and every message has a mark, everything that can go wrong does, and all
  /// that the server says is searched for the marks.
  @Suite struct Secrets {
    /// The marks, by what they stand in.
    private enum Mark {
      static let jwtSecret = "jwtsecretmark-0123456789abcdef0123456789"
      static let fileSecret = "filesecretmark-0123456789abcdef012345678"
      static let keySetSecret = "keysetsecretmark-0123456789abcdef0123456"
      static let admin = "adminsecretmark-0123456789"
      static let wrongAdmin = "wrongadminmark-9876543210"
      static let providerKey = "sk-providerkeymark-12345"
      static let variableKey = "sk-variablekeymark-67890"
      static let message = "messagetextmark"
      static let prompt = "systempromptmark"
      static let answer = "answertextmark"
    }

    private struct Setting {
      let directory: TemporaryDirectory
      let certificates: Certificates
      let arguments: [String]
      let environment: [String: String]
      let keySet: String
    }

    private func setting(_ provider: MockProvider) async throws -> Setting {
      let directory = try TemporaryDirectory()
      let certificates = try await Certificates.make(in: directory)
      let k = Data(Mark.keySetSecret.utf8).base64EncodedString().replacing("=", with: "")
      let keySet = try directory.write(#"{"keys":[{"kty":"oct","kid":"set","k":"\#(k)"}]}"#, to: "jwks.json")
      let secretFile = try directory.write(Mark.fileSecret, to: "jwt.secret")
      let keyFile = try directory.write(Mark.providerKey + "\n", to: "provider.key")
      let yaml = """
        models:
          main:
            systemPrompt: "\(Mark.prompt)"
            endpoints:
              mock: {url: "http://127.0.0.1:\(provider.port)/v1", keyFiles: ["\(keyFile)"], keyVariables: [WEIR_TEST_PROVIDER_KEY]}
        retry: {maximumAttempts: 2, baseDelay: 1ms, maximumDelay: 1ms}
        auth: {jwtSecretFiles: ["file=\(secretFile)"], jwksFiles: ["\(keySet)"], fileCheckInterval: 50ms}
        addresses: {failedLogins: none}
        """
      let file = try directory.write(yaml, to: "weir.yaml")
      let arguments = [
        "--config", file, "--tls-cert", certificates.certificate, "--tls-key", certificates.key, "--log-level", "trace",
      ]
      let environment = [
        "WEIR_JWT_SECRET": Mark.jwtSecret, "WEIR_ADMIN_SECRET": Mark.admin, "WEIR_TEST_PROVIDER_KEY": Mark.variableKey,
      ]
      return Setting(
        directory: directory, certificates: certificates, arguments: arguments, environment: environment, keySet: keySet
      )
    }

    private func token(_ user: String, _ secret: String = Mark.jwtSecret, _ more: String...) async throws -> String {
      let made = try await ChildProcess.run(
        try Weir.binary(), ["token", "--user", user] + more, environment: ["WEIR_JWT_SECRET": secret])
      return made.out.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func curl(_ server: ServerProcess, _ setting: Setting, _ arguments: String...) async throws -> String {
      let path = "https://127.0.0.1:\(server.port)"
      let words = arguments.map { $0.hasPrefix("/") ? path + $0 : $0 }
      return try await ChildProcess.run(
        "/usr/bin/env", ["curl", "-sS", "-i", "--cacert", setting.certificates.authority] + words
      ).out
    }

    @Test("no secret, no token and no message is in logs, figures, operator's views, errors or the printed settings")
    func nothingLeaks() async throws {
      // The provider repeats the key in its refusal, as some do, and then answers.
      let provider = try await MockProvider.start(
        MockProvider.reply(
          "401 Unauthorized", type: "application/json",
          #"{"error":{"message":"Incorrect API key provided: \#(Mark.providerKey), or \#(Mark.variableKey)."}}"#))
      defer { provider.stop() }
      let setting = try await setting(provider)
      let tls = try setting.certificates.clientContext()
      // What the server has said, by where; frames that a user gets of their own text do not count.
      var said: [(place: String, text: String)] = []
      var tokens: [String] = []
      let data = setting.directory.file("data")
      let server = try await ServerProcess.start(data: data, setting.arguments, environment: setting.environment)
      defer { server.child.signal(SIGKILL) }
      let good = try await token("ann")
      tokens.append(good)

      // Devices: with a token in each place; then with every kind of bad one.
      let device = try await Device.connect(server, .init(path: "/?token=\(good)", tls: tls))
      let second = try await Device.connect(
        server, .init(format: .json, subprotocols: ["weir.v1.json", "weir.token.\(good)"], tls: tls))
      let strange = [
        try await token("ann", "another-secret-mark-0123456789abcdef"),
        try await token("ann", Mark.fileSecret, "--kid", "no"),
        String(good.dropLast(3)), good.replacing(".", with: "!"), Mark.jwtSecret,
      ]
      for bad in strange {
        tokens.append(bad)
        for options in [
          Device.Options(path: "/?token=\(bad)", tls: tls), .init(path: "/ws?access_token=\(bad)", tls: tls),
          .init(headers: [("Authorization", "Bearer \(bad)")], tls: tls),
          .init(path: "/nowhere?token=\(good)", tls: tls), .init(path: "/?%74oken=\(bad)", tls: tls),
        ] {
          do {
            _ = try await Device.connect(server, options)
            Issue.record("a bad token was let in")
          } catch { said.append(("refusal of a device", "\(error)")) }
        }
      }

      // Calls: what the provider says in its refusal is shown to nobody.
      let mark = device.count
      let ack = try await device.say("please \(Mark.message)", in: "talk")
      let failed = try await device.answer(to: ack.turnID, since: mark)
      said.append(("a failed turn", "\(failed.failed.map { "\($0)" } ?? "")"))
      device.send(.getHistory(GetHistory(conversationID: "\(Mark.message) is no id")))
      let refusal = try await device.wait(for: "a refusal") { frame -> WeirError? in
        if case .error(let error)? = frame.frame { error } else { nil }
      }
      said.append(("an error frame", "\(refusal)"))
      second.sendRaw(.text, #"{"sendMessage":{"parts":[{"text":"\#(Mark.message)"}],"oops":}}"#)
      _ = try await second.closed()
      // Its own conversation's name is the user's to see; what is wrong with a frame is told without the frame.
      let complaints = second.state.value.arrivals.compactMap { arrival -> WeirError? in
        if case .error(let error)? = arrival.frame.frame { error } else { nil }
      }
      #expect(complaints.count == 1)
      said.append(("a malformed frame's answer", "\(complaints) \(String(describing: second.state.value.close))"))

      // HTTP.
      let bearer = "Authorization: Bearer \(good)"
      let json = "Content-Type: application/json"
      let body = #"{"model":"main","messages":[{"role":"user","content":"\#(Mark.message)"}]}"#
      said.append(
        ("a failed call", try await curl(server, setting, "-H", bearer, "-H", json, "-d", body, "/v1/chat/completions"))
      )
      said.append(
        (
          "a wrong call",
          try await curl(server, setting, "-H", bearer, "-H", json, "-d", body + "}", "/v1/chat/completions")
        ))
      said.append(("models", try await curl(server, setting, "-H", bearer, "/v1/models")))
      for path in ["/", "/metrics", "/healthz", "/readyz", "/nothing?token=\(good)", "/v1/models?token=\(strange[0])"] {
        said.append((path, try await curl(server, setting, path)))
      }
      for secret in [Mark.wrongAdmin, Mark.admin] {
        for path in ["/admin/state", "/admin/usage", "/admin/nothing"] {
          said.append((path, try await curl(server, setting, "-H", "Authorization: Bearer \(secret)", path)))
        }
      }

      // Reloads, good and bad; then the end.
      _ = try setting.directory.write("{", to: "jwks.json")
      _ = try await server.child.state.first("the refusal of the damaged file") { state in
        state.err.contains("so the old ones stay") ? () : nil
      }
      server.child.signal(SIGHUP)
      _ = try await server.child.state.first("the refused reload") { state in
        state.err.contains("so the old one stays") ? () : nil
      }
      let end = try await server.terminate()
      said += [("the log", end.err), ("standard output", end.out)]
      #expect(end.err.contains("device refused"), "the log is there at all")

      // Settings, printed; and those that cannot be used.
      _ = try setting.directory.write(#"{"keys":[{"kty":"oct","k":"\#(Mark.keySetSecret)"}]}"#, to: "jwks.json")
      let printed = try await ChildProcess.run(
        try Weir.binary(), ["serve", "--print-config"] + setting.arguments, environment: setting.environment)
      #expect(printed.exit == .code(0) && printed.out.contains("jwksFiles"), "\(printed.err)")
      said.append(("--print-config", printed.out + printed.err))
      let unusable = try await ChildProcess.run(
        try Weir.binary(), ["serve", "--port", "0", "--data", data] + setting.arguments,
        environment: setting.environment.merging([
          "WEIR_JWT_SECRET": "short-jwtsecretmark", "WEIR_ADMIN_SECRET": "adminmark",
        ]) {
          $1
        })
      #expect(unusable.exit == .code(78), "\(unusable.err)")
      said.append(("unusable settings", unusable.out + unusable.err))

      let key = try String(contentsOfFile: setting.certificates.key, encoding: .utf8)
        .split(separator: "\n").filter { !$0.contains("-----") }.map(String.init)
      let marks =
        [
          "secretmark", "adminmark", "providerkeymark", "variablekeymark", Mark.message, Mark.answer,
          Data(Mark.keySetSecret.utf8).base64EncodedString().replacing("=", with: ""),
        ] + key + tokens.flatMap { $0.split(separator: ".").map(String.init).filter { $0.count > 40 } }
      for (place, text) in said {
        for mark in marks {
          #expect(!text.contains(mark), "\(place) holds \(mark): \(text.prefix(2000))")
        }
        // An operator's own prompt is in the settings they print, and nowhere else.
        if place != "--print-config" { #expect(!text.contains(Mark.prompt), "\(place) holds the system prompt") }
      }
    }
  }
}
