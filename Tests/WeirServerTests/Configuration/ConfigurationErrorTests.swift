import Testing

@testable import WeirServer

@Suite("What is wrong with a configuration")
struct ConfigurationErrorTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// The problems of a configuration that does not load.
  private func problems(
    flags: [String: [String]] = [:], environment: [String: String] = [:], yaml: String? = nil
  ) async throws -> [ConfigurationError.Problem] {
    let file = try yaml.map { try directory.write($0, as: "weir.yaml") }
    let error = await #expect(throws: ConfigurationError.self) {
      try await WeirConfiguration.load(ConfigurationSources(flags: flags, environment: environment, file: file))
    }
    #expect(error?.exitCode == 78)
    return error?.problems ?? []
  }

  @Test("all mistakes are told at once, each with key, source, value and fix")
  func allAtOnce() async throws {
    let found = try await problems(
      flags: ["listen.port": ["70000"], "data.durability": ["maybe"]],
      environment: ["WEIR_WEBSOCKET_PING_INTERVAL": "25"], yaml: "listen:\n  prot: 1\nmemory:\n  limitBytes: lots\n")
    #expect(
      found.map(\.key) == [
        "listen.prot", "listen.port", "data.durability", "websocket.pingInterval", "memory.limitBytes",
      ])
    #expect(found[0].sentence == "there is no such setting; did you mean listen.port?")
    #expect(found[1].source == "command line")
    #expect(found[1].sentence == "\"70000\" is wrong; it must be a whole number, from 0 to 65535")
    #expect(found[2].sentence == "\"maybe\" is wrong; it must be one of fsync, os")
    #expect(found[3].source == "WEIR_WEBSOCKET_PING_INTERVAL")
    #expect(found[3].sentence.contains("such as 500ms, 30s"))
    #expect(found[4].source.hasSuffix("weir.yaml"))
    let text = ConfigurationError(found).description
    #expect(text.split(separator: "\n").count == 5)
    #expect(text.contains("listen.port (from command line): "))
  }

  @Test("a wrong secret is not repeated, and a secret on the command line is refused")
  func secrets() async throws {
    let found = try await problems(flags: ["auth.jwtSecret": ["hunter2"]])
    #expect(found.map(\.key) == ["auth.jwtSecret"])
    #expect(found.first?.sentence.contains("WEIR_AUTH_JWT_SECRET") == true)
    #expect(!ConfigurationError(found).description.contains("hunter2"))
  }

  @Test("a list where one value belongs, a value that is a section, and a section that is a value are told apart")
  func shapes() async throws {
    let found = try await problems(yaml: "listen:\n  port: [1, 2]\ndata: here\ntls:\n  keyFile:\n    path: x\n")
    #expect(found.contains { $0.key == "listen.port" && $0.sentence == "must be one value and not a list" })
    #expect(found.contains { $0.key == "data" && $0.sentence.hasPrefix("is a section") })
    #expect(found.contains { $0.key == "tls.keyFile.path" })
  }

  @Test("a single value where a list belongs is told")
  func listShape() async throws {
    let found = try await problems(yaml: "websocket:\n  allowedOrigins: https://a.example\n")
    #expect(found.map(\.key) == ["websocket.allowedOrigins"])
    #expect(found.first?.sentence == "must be a list, such as [one, two]")
  }

  @Test("a file that is missing, no YAML, or no mapping is told", arguments: ["a: [", "- 1\n- 2\n", "just words"])
  func badFiles(yaml: String) async throws {
    let found = try await problems(yaml: yaml)
    #expect(found.count == 1 && found[0].sentence.contains("not the YAML of a configuration"))
  }

  @Test("a secret on a line that is no YAML is not printed, nor a password in a URL that is wrong")
  func secretsInErrors() async throws {
    let broken = try await problems(yaml: "auth:\n  jwtSecret: hunter2-hunter2: abc: d\n")
    #expect(broken.count == 1 && broken[0].sentence.contains("2:"))
    let url = try await problems(yaml: "upstream:\n  url: ftp://me:hunter2@example.net/v1\n")
    #expect(url.count == 1)
    for problem in broken + url { #expect(!problem.sentence.contains("hunter2")) }
  }

  @Test("a file that is not there is told by name")
  func missingFile() async throws {
    let error = await #expect(throws: ConfigurationError.self) {
      try await WeirConfiguration.load(ConfigurationSources(file: "/nonexistent/weir.yaml"))
    }
    #expect(
      error?.description
        == "/nonexistent/weir.yaml: the configuration file cannot be read: there is no such file; correct --config")
  }

  @Test(
    "a provider's URL that cannot work is refused with what would",
    arguments: [
      ("api.openai.com/v1", "https:// is missing"), ("ftp://x/", "ftp:// is not spoken"),
      ("http:///v1", "host is missing"),
      ("https://user:pw@x/", "without a user"), ("https://x/?a", "without ? and #"), ("https://x /", "without spaces"),
    ])
  func upstreamURL(url: String, part: String) async throws {
    let found = try await problems(flags: ["upstream.url": [url], "upstream.model": ["m"]])
    #expect(found.count == 1 && found[0].key == "upstream.url" && found[0].sentence.contains(part))
  }

  @Test("settings that belong together are checked together")
  func together() async throws {
    let found = try await problems(
      flags: [
        "upstream.url": ["http://localhost/v1"], "upstream.answerTokens": ["9000"], "tls.certificateFile": ["c.pem"],
        "auth.openOnLoopback": ["false"],
      ])
    #expect(found.map(\.key) == ["upstream.model", "upstream.answerTokens", "tls.keyFile", "auth.jwtSecretFiles"])
  }

  @Test("a variable that looks like a setting and is none gives a warning")
  func unknownVariable() async throws {
    let loaded = try await WeirConfiguration.load(
      ConfigurationSources(environment: ["WEIR_LISTNE_PORT": "1", "HOME": "/"]))
    #expect(loaded.warnings == ["WEIR_LISTNE_PORT is set but names no setting; did you mean WEIR_LISTEN_PORT?"])
  }
}
