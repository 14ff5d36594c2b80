/// Where settings come from, the strongest first.
public struct ConfigurationSources: Sendable {
  /// From the command line, by key: `["listen.port": ["9000"]]`.
  public var flags: [String: [String]] = [:]
  /// The environment: `WEIR_LISTEN_PORT=9000`. An empty variable counts as not set.
  public var environment: [String: String] = [:]
  /// A YAML file. nil: what `WEIR_CONFIG` names, if anything.
  public var file: String?

  /// No sources: the defaults.
  public init(flags: [String: [String]] = [:], environment: [String: String] = [:], file: String? = nil) {
    self.flags = flags
    self.environment = environment
    self.file = file
  }
}

/// A configuration, and where it came from.
public struct LoadedConfiguration: Sendable {
  /// The settings.
  public var configuration: WeirConfiguration
  /// By key, where a value came from that is not the default: "command line", a variable's name, or the file's name.
  public var origins: [String: String]
  /// What is likely a mistake and does not stop the server, one sentence each.
  public var warnings: [String]
}
