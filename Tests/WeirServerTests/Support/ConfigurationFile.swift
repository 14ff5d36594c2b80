@testable import WeirServer

/// Configurations from text, in a directory of their own.
struct ConfigurationFile {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// The sources with this file, written anew.
  func sources(
    _ yaml: String, flags: [String: [String]] = [:], environment: [String: String] = [:]
  ) throws -> ConfigurationSources {
    ConfigurationSources(flags: flags, environment: environment, file: try directory.write(yaml, as: "weir.yaml"))
  }

  func load(
    _ yaml: String, flags: [String: [String]] = [:], environment: [String: String] = [:]
  ) async throws -> LoadedConfiguration {
    try await WeirConfiguration.load(sources(yaml, flags: flags, environment: environment))
  }

  /// What is wrong with it; empty: nothing.
  func problems(
    _ yaml: String, flags: [String: [String]] = [:], environment: [String: String] = [:]
  ) async throws -> [ConfigurationError.Problem] {
    do {
      _ = try await load(yaml, flags: flags, environment: environment)
      return []
    } catch let error as ConfigurationError {
      return error.problems
    }
  }
}
