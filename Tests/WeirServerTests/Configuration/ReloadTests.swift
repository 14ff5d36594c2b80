import Logging
import NIOConcurrencyHelpers
import Testing
import WeirCore

@testable import WeirServer

@Suite("Reading the configuration again")
struct ReloadTests {
  private let file: ConfigurationFile

  init() throws {
    file = try ConfigurationFile()
  }

  /// What a reload from `old` to `new` brings.
  private func reload(
    _ old: String, _ new: String, environment: [String: String] = [:]
  ) async throws -> ConfigurationReload {
    let running = try await file.load(old, environment: environment).configuration
    return try await ConfigurationReload.prepare(
      running: running, sources: file.sources(new, environment: environment))
  }

  @Test("the same file changes nothing")
  func nothing() async throws {
    let yaml = "listen: {port: 1}\nmodels: {m: {endpoints: {e: {kind: demo}}}}\nplans: {a: {turnsAtOnce: 1}}\n"
    let reload = try await reload(yaml, yaml)
    #expect(reload.changes == [])
    #expect(reload.configuration.listen.port == 1)
  }

  @Test("limits, models and levels count at once; sockets, threads and files keep their old values until a restart")
  func effects() async throws {
    let old = """
      listen: {port: 1, threads: 2}
      data: {directory: ./a}
      logging: {level: info}
      models: {m: {price: {input: 1}, endpoints: {e: {kind: demo}, old: {kind: demo}}}}
      plans: {a: {turnsPerMinute: 5}}
      """
    let new = """
      listen: {port: 2, threads: 2}
      data: {directory: ./b}
      logging: {level: debug, format: json}
      addresses: {failedLogins: 3}
      models: {m: {price: {input: 2}, endpoints: {e: {kind: demo, weight: 9}, new: {kind: demo}}}}
      plans: {a: {turnsPerMinute: none}}
      """
    let reload = try await reload(old, new)
    #expect(
      reload.changes.map(\.description) == [
        "listen.port: \"1\" is now \"2\"; restart the server for it to count",
        "data.directory: \"./a\" is now \"./b\"; restart the server for it to count",
        "addresses.failedLogins: \"30\" is now \"3\"", "logging.level: \"info\" is now \"debug\"",
        "logging.format: \"text\" is now \"json\"; restart the server for it to count",
        "models.m.price.input: \"1\" is now \"2\"", "models.m.endpoints.e.weight: \"1\" is now \"9\"",
        "models.m.endpoints.new is new", "plans.a.turnsPerMinute: \"5\" is now \"none\"",
        "models.m.endpoints.old is gone",
      ])
    let configuration = reload.configuration
    #expect(configuration.listen.port == 1 && configuration.data.directory == "./a")
    #expect(configuration.logging.level == .debug && configuration.logging.format == .text)
    #expect(configuration.policy.models[0].price.inputToken == 2_000_000)
    #expect(configuration.models[0].endpoints.map(\.name) == ["e", "new"])
    #expect(configuration.policy.plans[0].turnsPerMinute == nil)
  }

  @Test("a change of a secret is told without the secret")
  func secrets() async throws {
    let old = "models: {m: {endpoints: {e: {url: http://h, keys: [sk-old]}}}}\nadmin: {secret: old-secret-000000}\n"
    let new =
      "models: {m: {endpoints: {e: {url: http://h, keys: [sk-new, sk-b]}}}}\nadmin: {secret: new-secret-000000}\n"
    let reload = try await reload(old, new)
    #expect(
      reload.changes.map(\.description) == [
        "admin.secret has another value; restart the server for it to count",
        "models.m.endpoints.e.keys has another value",
      ])
    #expect(reload.configuration.models[0].endpoints[0].keys == [Secret("sk-new"), Secret("sk-b")])
    var dumped = ""
    dump(reload.changes, to: &dumped)
    #expect(!dumped.contains("sk-") && !dumped.contains("-secret-"))
  }

  @Test("a bad file changes nothing, and its problems are logged all together")
  func badFile() async throws {
    let running = try await file.load("listen: {port: 1}").configuration
    let sources = try file.sources("listen: {port: x}\nauth: {jwtSecretFiles: [/nonexistent]}\nplans: {a: {lane: z}}\n")
    let error = await #expect(throws: ConfigurationError.self) {
      try await ConfigurationReload.prepare(running: running, sources: sources)
    }
    #expect(error?.problems.map(\.key) == ["listen.port", "plans.a.lane"])
    let lines = NIOLockedValueBox<[String]>([])
    let logger = Logger(label: "test") { label in
      LineLogHandler(
        label: label, level: LogLevelBox(.info), isJSON: false,
        write: { line in lines.withLockedValue { $0.append(String(decoding: line, as: UTF8.self)) } })
    }
    error?.logRefusedReload(to: logger)
    #expect(lines.withLockedValue { $0.count } == 3)
    #expect(lines.withLockedValue { $0[0] }.contains("the old one stays"))
  }

  @Test("keys and certificates that cannot be read refuse the reload, too")
  func badKeys() async throws {
    let running = try await file.load("tls: {certificateFile: /a, keyFile: /b}").configuration
    let sources = try file.sources(
      "auth: {jwtSecretFiles: [/nonexistent]}\ntls: {certificateFile: /nonexistent, keyFile: /b}\n")
    let error = await #expect(throws: ConfigurationError.self) {
      try await ConfigurationReload.prepare(running: running, sources: sources)
    }
    #expect(error?.problems.map(\.key) == ["auth.jwtSecretFiles", "tls.certificateFile"])
  }

  @Test("another certificate counts for new connections; TLS cannot come or go without a restart")
  func certificates() async throws {
    let certificate = try file.directory.write(Fixture.certificate, as: "cert.pem")
    let key = try file.directory.write(Fixture.ecPrivate, as: "key.pem")
    let secure = "tls: {certificateFile: \(certificate), keyFile: \(key)}\n"
    let renewed = try await reload(secure, secure)
    #expect(renewed.tls != nil && renewed.changes.isEmpty)
    let added = try await reload("listen: {port: 1}", secure)
    #expect(added.tls == nil && !added.configuration.tls.isOn)
    #expect(added.changes.map(\.effect).filter { $0 == .afterRestart }.count >= 2)
    let removed = try await reload(secure, "listen: {port: 8080}")
    #expect(removed.tls != nil && removed.configuration.tls.certificateFile == certificate)
  }

  @Test("a level that is set reaches the loggers that exist")
  func level() {
    let box = LogLevelBox(.info)
    let count = NIOLockedValueBox(0)
    let logger = Logger(label: "test") { label in
      LineLogHandler(label: label, level: box, isJSON: false, write: { _ in count.withLockedValue { $0 += 1 } })
    }
    var own = logger
    own.logLevel = .error
    logger.debug("no")
    box.level = .debug
    logger.debug("yes")
    own.debug("no")
    box.level = .critical
    logger.error("no")
    own.error("yes")
    #expect(count.withLockedValue { $0 } == 2)
  }

  @Test("every setting has one effect, and those that need a restart are given back their old value")
  func effectsOfAll() {
    for setting in Settings.all {
      var target = WeirConfiguration()
      setting.copy(WeirConfiguration(), &target)
      #expect(target == WeirConfiguration(), "\(setting.key)")
      #expect(setting.isSame(target, WeirConfiguration()))
    }
    #expect(Settings.byKey["listen.port"]?.effect == .afterRestart)
    #expect(Settings.byKey["cache.sizeBytes"]?.effect == .afterRestart)
    #expect(Settings.byKey["cache.lifetime"]?.effect == .atOnce)
    #expect(Settings.byKey["auth.jwtSecret"]?.effect == .atOnce)
  }
}
