package import Logging
package import NIOSSL

/// A new configuration, read and checked in full, with all that it points at: nothing of it counts yet, and nothing that
/// could fail is left to do. Who applies it hands out `configuration`, `keys` and `tls`.
package struct ConfigurationReload: Sendable {
  /// What the server runs with from now on: the new settings, but the old values of those that need a restart.
  package let configuration: WeirConfiguration
  /// What is different.
  package let changes: [ConfigurationChange]
  /// What is likely a mistake and does not stop the server.
  package let warnings: [String]
  /// Keys and secrets for tokens, read again even if the configuration is the same: files change under their names.
  package let keys: Authenticator.Keys
  /// Certificate and key, read again; nil: the server runs without TLS.
  package let tls: NIOSSLContext?

  /// Reads the sources again. Throws all that is wrong, in which case everything stays as it is. Reads files, and takes
  /// milliseconds: not for event loops.
  package static func prepare(
    running: WeirConfiguration, sources: ConfigurationSources
  ) async throws(ConfigurationError) -> ConfigurationReload {
    let loaded = try await WeirConfiguration.load(sources)
    var problems: [ConfigurationError.Problem] = []
    var configuration = loaded.configuration
    var changes = ConfigurationChange.between(running, configuration)
    for setting in Settings.all where setting.effect == .afterRestart { setting.copy(running, &configuration) }
    // A listener cannot begin to speak TLS, or cease to; it can do so with another certificate.
    if configuration.tls.isOn != running.tls.isOn {
      configuration.tls = running.tls
      changes = changes.map { change in
        change.key.hasPrefix("tls.")
          ? ConfigurationChange(
            key: change.key, old: change.old, new: change.new, kind: change.kind, effect: .afterRestart)
          : change
      }
    }
    var keys: Authenticator.Keys?
    do throws(ConfigurationError) { keys = try await Authenticator.Keys(configuration.auth) } catch {
      problems += error.problems
    }
    var tls: NIOSSLContext?
    do throws(ConfigurationError) { tls = try configuration.tls.serverContext() } catch { problems += error.problems }
    // Some settings were checked beside others that stay as they were.
    problems += configuration.problems().filter { !problems.contains($0) }
    guard let keys, problems.isEmpty else { throw ConfigurationError(problems) }
    return ConfigurationReload(
      configuration: configuration, changes: changes, warnings: loaded.warnings, keys: keys, tls: tls)
  }

  /// Tells the operator what came of it, one line for each change.
  package func log(to logger: Logger) {
    for warning in warnings { logger.warning("\(warning)") }
    let later = changes.count { $0.effect == .afterRestart }
    logger.notice(
      "the configuration was read again",
      metadata: ["changes": "\(changes.count)", "after restart": "\(later)"])
    for change in changes {
      logger.log(level: change.effect == .atOnce ? .info : .warning, "\(change)")
    }
  }
}

extension ConfigurationError {
  /// Tells the operator why a reload changed nothing.
  package func logRefusedReload(to logger: Logger) {
    logger.error(
      "the new configuration is not usable, so the old one stays", metadata: ["problems": "\(problems.count)"])
    for line in description.split(separator: "\n") { logger.error("\(line)") }
  }
}
