import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals
import WeirServer

/// `weir serve`: reads the configuration, starts the server, says where it is, and stops it well on SIGTERM or SIGINT.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Run the server.",
    discussion: """
      Every setting can be given as a flag, as an environment variable, or in a YAML file; a flag beats a variable, a \
      variable beats the file. `weir serve --print-config` lists all settings with their meaning, and makes a file to \
      start from. listen.port is WEIR_LISTEN_PORT in the environment and --set listen.port=8080 here.
      """)

  @Option(help: "Address to listen on; 0.0.0.0 or :: for all. (default: 127.0.0.1)")
  var host: String?
  @Option(help: "Port; 0 lets the system choose one. (default: 8080)")
  var port: String?
  @Option(help: "Directory for the data. (default: ./weir-data)")
  var data: String?
  @Option(
    help: "What an acknowledgement survives: fsync (loss of power) or os (death of the process). (default: fsync)")
  var durability: String?
  @Option(help: "The provider's base URL, such as http://127.0.0.1:11434/v1. (default: the demo model answers)")
  var upstream: String?
  @Option(help: "The model's name at the provider.")
  var model: String?
  @Option(help: "A YAML file with settings.")
  var config: String?
  @Option(help: "PEM file with the certificate and its chain.")
  var tlsCert: String?
  @Option(help: "PEM file with the certificate's private key.")
  var tlsKey: String?
  @Option(help: "File with a secret for HS256 tokens. May be given several times, also as KID=PATH.")
  var jwtSecretFile: [String] = []
  @Option(help: "PEM file with a public key for tokens. May be given several times, also as KID=PATH.")
  var jwtKeyFile: [String] = []
  @Option(help: "File with a JSON Web Key Set for tokens. May be given several times.")
  var jwksFile: [String] = []
  @Option(help: "Web page that may connect, such as https://chat.example.org. May be given several times.")
  var allowOrigin: [String] = []
  @Option(help: "Event loops; 0: one per processor. (default: 0)")
  var threads: String?
  @Option(help: "What answers, queues and tails may take in memory, such as 512MiB. (default: a quarter)")
  var memoryLimit: String?
  @Option(help: "trace, debug, info, notice, warning, error or critical. (default: info)")
  var logLevel: String?
  @Option(help: "text or json. (default: text)")
  var logFormat: String?
  @Option(help: "The demo model's tokens a second; 0: all at once.")
  var demoRate: String?
  @Option(help: "The demo model's time to the first token, such as 200ms.")
  var demoDelay: String?
  @Option(help: "The demo model's answer length in tokens.")
  var demoTokens: String?
  @Option(help: "What goes wrong with the demo model's answers: none, refuse, silent, stall or cut.")
  var demoFault: String?
  @Option(name: .customLong("set"), help: "Any setting, as KEY=VALUE. May be given several times; for lists, too.")
  var settings: [String] = []
  @Flag(help: "Print the effective configuration as YAML, without secrets, and exit.")
  var printConfig = false

  func run() async throws {
    let loaded: LoadedConfiguration
    let sources: ConfigurationSources
    do {
      sources = ConfigurationSources(
        flags: try flags(), environment: ProcessInfo.processInfo.environment, file: config)
      loaded = try await WeirConfiguration.load(sources)
    } catch let error as ConfigurationError {
      throw Failing.exit("The configuration is not usable:", error.description, code: error.exitCode)
    }
    if printConfig {
      print(loaded.yaml, terminator: "")
      return
    }
    let configuration = loaded.configuration
    configuration.logging.bootstrap()
    let logger = Logger(label: "weir")
    for warning in loaded.warnings { logger.warning("\(warning)") }
    let server: WeirServer
    do {
      server = try await WeirServer(configuration: configuration, logger: logger)
    } catch {
      let failure = StartUpFailure(error, configuration: configuration)
      throw Failing.exit("Weir could not start:", failure.description, code: failure.exitCode)
    }
    // Before anybody hears that it is up: a signal that nobody waits for ends the process.
    let hangUps = await UnixSignalsSequence(trapping: .sighup)
    let manager = ServiceManager(path: ProcessInfo.processInfo.environment["NOTIFY_SOCKET"])
    let greeting = Greeting(loaded: loaded, port: server.port).text
    let announcement = Announcement(manager: manager) {
      print(greeting)
      // Else the block waits in a buffer while people wait for it.
      fflush(nil)
      manager?.ready("Serving on port \(server.port).")
    }
    let reloading = Task {
      for await _ in hangUps {
        let isApplied = await server.reload(sources)
        manager?.status(
          isApplied ? "Serving; the settings were read again." : "Serving; the new settings have errors: see the log.")
      }
    }
    defer { reloading.cancel() }
    try await run(server, announcement, configuration, logger)
  }

  /// Runs until SIGTERM or SIGINT, then as long as stopping takes, with a limit.
  private func run(
    _ server: WeirServer, _ announcement: Announcement, _ configuration: WeirConfiguration, _ logger: Logger
  ) async throws {
    // What comes last is stopped first.
    let services: [any Service] = [server, announcement]
    var group = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet(logger))
    // The server keeps its own limit; this one is for the case that it cannot.
    group.maximumGracefulShutdownDuration = configuration.shutdown.grace + .seconds(5)
    group.maximumCancellationDuration = .seconds(5)
    do {
      try await ServiceGroup(configuration: group).run()
    } catch {
      let failure = StartUpFailure(error, configuration: configuration)
      throw Failing.exit("Weir stopped:", failure.description, code: failure.exitCode)
    }
  }

  /// The group tells of each of its steps; only its warnings matter to an operator.
  private func quiet(_ logger: Logger) -> Logger {
    var logger = logger
    logger.logLevel = max(logger.logLevel, .warning)
    return logger
  }

  /// The flags under their settings' keys.
  private func flags() throws -> [String: [String]] {
    let single: [(String, String?)] = [
      ("listen.host", host), ("listen.port", port), ("listen.threads", threads), ("data.directory", data),
      ("memory.limitBytes", memoryLimit),
      ("data.durability", durability), ("upstream.url", upstream), ("upstream.model", model),
      ("tls.certificateFile", tlsCert), ("tls.keyFile", tlsKey), ("logging.level", logLevel),
      ("logging.format", logFormat), ("demo.tokensPerSecond", demoRate), ("demo.firstTokenDelay", demoDelay),
      ("demo.answerTokens", demoTokens), ("demo.fault", demoFault),
    ]
    let lists = [
      ("auth.jwtSecretFiles", jwtSecretFile), ("auth.jwtKeyFiles", jwtKeyFile),
      ("auth.jwksFiles", jwksFile),
      ("websocket.allowedOrigins", allowOrigin),
    ]
    var flags: [String: [String]] = [:]
    for (key, value) in single {
      if let value { flags[key] = [value] }
    }
    for (key, values) in lists where !values.isEmpty { flags[key] = values }
    for setting in settings {
      guard let sign = setting.firstIndex(of: "="), sign != setting.startIndex else {
        throw ConfigurationError([
          .init(key: "--set", source: "command line", sentence: "\"\(setting)\" must be KEY=VALUE")
        ])
      }
      flags[String(setting[..<sign]), default: []].append(String(setting[setting.index(after: sign)...]))
    }
    return flags
  }
}

/// Ends a command with words on standard error and an exit code, and nothing else.
enum Failing {
  /// Writes both texts and returns what to throw.
  static func exit(_ title: String, _ text: String, code: Int32) -> ExitCode {
    let lines = text.split(separator: "\n").map { "  \($0)\n" }.joined()
    FileHandle.standardError.write(Data("\(title)\n\(lines)".utf8))
    return ExitCode(code)
  }
}
