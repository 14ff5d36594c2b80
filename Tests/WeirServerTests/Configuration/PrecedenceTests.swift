import Testing

@testable import WeirServer

@Suite("Where settings come from")
struct PrecedenceTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func load(
    flags: [String: [String]] = [:], environment: [String: String] = [:], yaml: String? = nil
  ) async throws -> LoadedConfiguration {
    let file = try yaml.map { try directory.write($0, as: "weir.yaml") }
    return try await WeirConfiguration.load(
      ConfigurationSources(flags: flags, environment: environment, file: file))
  }

  @Test("without any source the configuration is the default")
  func defaults() async throws {
    let loaded = try await load()
    #expect(loaded.configuration == WeirConfiguration())
    #expect(loaded.origins.isEmpty)
    #expect(loaded.warnings.isEmpty)
  }

  @Test("a flag beats a variable, a variable beats the file, the file beats the default")
  func precedence() async throws {
    let yaml = "listen:\n  port: 1\n  host: 10.0.0.1\n  threads: 1\n"
    let environment = ["WEIR_LISTEN_PORT": "2", "WEIR_LISTEN_HOST": "10.0.0.2"]
    let loaded = try await load(flags: ["listen.port": ["3"]], environment: environment, yaml: yaml)
    #expect(loaded.configuration.listen.port == 3)
    #expect(loaded.configuration.listen.host == "10.0.0.2")
    #expect(loaded.configuration.listen.threads == 1)
    #expect(loaded.configuration.listen.maximumConnections == 65_536)
    #expect(loaded.origins["listen.port"] == "command line")
    #expect(loaded.origins["listen.host"] == "WEIR_LISTEN_HOST")
    #expect(loaded.origins["listen.threads"]?.hasSuffix("weir.yaml") == true)
    #expect(loaded.origins["listen.maximumConnections"] == nil)
  }

  @Test("every kind of value can be written in YAML and in the environment")
  func kinds() async throws {
    let yaml = """
      # a comment
      data:
        durability: os
        cacheBytes: 256MiB
      websocket:
        deflate: no
        pingInterval: 1500ms
        allowedOrigins:
          - https://a.example
          - https://b.example
      demo: {tokensPerSecond: 12.5, fault: stall}
      streaming:
        listenerPolicy: keep 90s
      upstream:
      """
    let environment = [
      "WEIR_WEBSOCKET_MAXIMUM_MESSAGE_BYTES": "65536", "WEIR_LOGGING_LEVEL": "debug",
      "WEIR_UPSTREAM_KEY_VARIABLES": "ONE, TWO",
    ]
    let configuration = try await load(environment: environment, yaml: yaml).configuration
    #expect(configuration.data.durability == .os)
    #expect(configuration.data.cacheBytes == 256 << 20)
    #expect(!configuration.websocket.deflate)
    #expect(configuration.websocket.pingInterval == .milliseconds(1500))
    #expect(configuration.websocket.allowedOrigins == ["https://a.example", "https://b.example"])
    #expect(configuration.websocket.maximumMessageBytes == 65536)
    #expect(configuration.demo.tokensPerSecond == 12.5)
    #expect(configuration.demo.fault == .stall)
    #expect(configuration.streaming.listenerPolicy == .keepFor(.seconds(90)))
    #expect(configuration.logging.level == .debug)
    #expect(configuration.upstream.keyVariables == ["ONE", "TWO"])
  }

  @Test("an empty variable counts as not set")
  func emptyVariable() async throws {
    let loaded = try await load(environment: ["WEIR_LISTEN_PORT": ""], yaml: "listen:\n  port: 9\n")
    #expect(loaded.configuration.listen.port == 9)
  }

  @Test("a file of comments is a good file", arguments: ["", "# nothing\n", "---\n# nothing\n\n"])
  func blankFile(yaml: String) async throws {
    #expect(try await load(yaml: yaml).configuration == WeirConfiguration())
  }

  @Test("WEIR_CONFIG names the file, and --config beats it")
  func fileFromEnvironment() async throws {
    let one = try directory.write("listen: {port: 1}", as: "one.yaml")
    let two = try directory.write("listen: {port: 2}", as: "two.yaml")
    let environment = ["WEIR_CONFIG": one]
    let fromVariable = try await WeirConfiguration.load(ConfigurationSources(environment: environment))
    let fromFlag = try await WeirConfiguration.load(ConfigurationSources(environment: environment, file: two))
    #expect(fromVariable.configuration.listen.port == 1)
    #expect(fromFlag.configuration.listen.port == 2)
  }

  @Test("the provider's key comes from its own setting, else its file, else the first variable that is set")
  func upstreamKey() async throws {
    let upstream = ["upstream.url": ["https://api.example/v1"], "upstream.model": ["m"]]
    let file = try directory.write("from-file\n", as: "key")
    var environment = ["OPENAI_API_KEY": "from-openai"]
    #expect(try await load(environment: environment).configuration.upstream.key == nil)
    #expect(
      try await load(flags: upstream, environment: environment).configuration.upstream.key == Secret("from-openai"))
    let withFile = upstream.merging(["upstream.keyFile": [file]]) { $1 }
    #expect(try await load(flags: withFile, environment: environment).configuration.upstream.key == Secret("from-file"))
    environment["WEIR_UPSTREAM_KEY"] = "from-weir"
    let loaded = try await load(flags: withFile, environment: environment)
    #expect(loaded.configuration.upstream.key == Secret("from-weir"))
  }

  @Test("WEIR_JWT_SECRET is short for WEIR_AUTH_JWT_SECRET")
  func shortSecret() async throws {
    let loaded = try await load(environment: ["WEIR_JWT_SECRET": Fixture.secret])
    #expect(loaded.configuration.auth.jwtSecret?.value == Fixture.secret)
    #expect(loaded.configuration.auth.hasKeys)
  }

  @Test("the table has every setting once, and each can be read back from what it prints")
  func tableIsWhole() throws {
    #expect(Settings.byKey.count == Settings.all.count)
    for setting in Settings.all where !setting.isSecret {
      var configuration = WeirConfiguration()
      let shown = setting.show(configuration)
      if shown == [""] || shown.isEmpty { continue }
      #expect(setting.apply(&configuration, shown) == nil, "\(setting.key) does not take its own default")
      #expect(configuration == WeirConfiguration(), "\(setting.key) changes by being read back")
    }
  }

  @Test("what is printed loads as the same configuration, and holds no secret")
  func printedIsLoadable() async throws {
    let yaml = """
      listen: {host: "::1", port: 0}
      auth: {issuer: "a \\"quoted\\" issuer", leeway: 1500ms}
      websocket: {allowedOrigins: ["https://a.example", "*"]}
      streaming: {listenerPolicy: cancel}
      upstream: {url: "http://localhost:1/v1", model: "m:7b", systemPrompt: "Be brief.\\nBe kind: #1"}
      """
    let loaded = try await load(
      environment: ["WEIR_JWT_SECRET": Fixture.secret, "WEIR_UPSTREAM_KEY": "sk-very-secret"], yaml: yaml)
    let printed = loaded.yaml
    #expect(!printed.contains(Fixture.secret) && !printed.contains("sk-very-secret"))
    #expect(printed.contains("port: 0  # from \(directory.path)/weir.yaml"))
    var expected = loaded.configuration
    expected.auth.jwtSecret = nil
    expected.upstream.key = nil
    #expect(try await load(yaml: printed).configuration == expected)
  }

  @Test("dumping a configuration shows no secret")
  func dumpIsSafe() throws {
    var configuration = WeirConfiguration()
    configuration.auth.jwtSecret = Secret("open sesame")
    var text = ""
    dump(configuration, to: &text)
    #expect(!text.contains("sesame"))
    #expect(!"\(configuration)".contains("sesame"))
    #expect(!String(reflecting: configuration).contains("sesame"))
  }
}
