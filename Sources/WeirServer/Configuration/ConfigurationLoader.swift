import Configuration
import NIOConcurrencyHelpers

extension WeirConfiguration {
  /// Reads the settings: a flag beats a variable, a variable beats the file, the file beats the default. Throws
  /// everything that is wrong at once. Reads files: for start-up only.
  public static func load(_ sources: ConfigurationSources) async throws(ConfigurationError) -> LoadedConfiguration {
    var loader = ConfigurationLoader(sources)
    return try await loader.load()
  }
}

/// One reading of the sources.
private struct ConfigurationLoader {
  private let sources: ConfigurationSources
  private let environment: [String: String]
  private var loaded = LoadedConfiguration(configuration: WeirConfiguration(), origins: [:], warnings: [])
  private var problems: [ConfigurationError.Problem] = []

  /// Short names that people expect.
  private static let shortVariables = ["WEIR_JWT_SECRET": "auth.jwtSecret", "WEIR_UPSTREAM_KEY": "upstream.key"]

  init(_ sources: ConfigurationSources) {
    self.sources = sources
    var environment = sources.environment.filter { !$0.value.isEmpty }
    for (short, key) in ConfigurationLoader.shortVariables {
      let variable = Setting.variable(for: key)
      if environment[variable] == nil { environment[variable] = environment[short] }
    }
    self.environment = environment
  }

  mutating func load() async throws(ConfigurationError) -> LoadedConfiguration {
    let file = await readFile()
    checkFlags()
    let recorder = OriginRecorder()
    let reader = ConfigReader(providers: providers(file: file), accessReporter: recorder)
    for setting in Settings.all {
      await read(setting, from: reader, recorder: recorder, file: file)
    }
    resolveUpstreamKey()
    checkTogether()
    warnOfUnknownVariables()
    if !problems.isEmpty { throw ConfigurationError(problems) }
    return loaded
  }

  private mutating func readFile() async -> YAMLFile? {
    guard let path = sources.file ?? environment["WEIR_CONFIG"] else { return nil }
    do throws(YAMLFile.Failure) {
      let file = try await YAMLFile(path: path)
      for key in file.unknownKeys {
        problems.append(.init(key: key, source: path, sentence: UnknownKey.sentence(key)))
      }
      return file
    } catch {
      problems.append(.init(key: path, sentence: error.sentence))
      return nil
    }
  }

  private mutating func checkFlags() {
    for key in sources.flags.keys.sorted() {
      if Settings.byKey[key] == nil {
        problems.append(.init(key: key, source: Origin.flags, sentence: UnknownKey.sentence(key)))
      } else if Settings.byKey[key]?.isSecret == true {
        problems.append(
          .init(
            key: key, source: Origin.flags,
            sentence: "others on this machine can read command lines; set \(Setting.variable(for: key)) or name a file")
        )
      }
    }
  }

  /// Strongest first. Texts stay texts here: one place, the table of settings, knows how they become values.
  private func providers(file: YAMLFile?) -> [any ConfigProvider] {
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    for (key, texts) in sources.flags {
      let isList = Settings.byKey[key]?.shape == .list
      let content: ConfigContent = isList ? .stringArray(texts) : .string(texts.last ?? "")
      values[AbsoluteConfigKey(ConfigKey(key))] = ConfigValue(content, isSecret: false)
    }
    var providers: [any ConfigProvider] = [
      InMemoryProvider(name: Origin.flags, values: values),
      EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "weir"),
    ]
    if let provider = file?.provider { providers.append(provider) }
    return providers
  }

  private mutating func read(
    _ setting: Setting, from reader: ConfigReader, recorder: OriginRecorder, file: YAMLFile?
  ) async {
    let key = ConfigKey(setting.key)
    let texts: [String]
    do {
      switch setting.shape {
      case .single:
        guard let text = try await reader.fetchString(forKey: key, isSecret: setting.isSecret) else { return }
        texts = [text]
      case .list:
        guard let found = try await reader.fetchStringArray(forKey: key, isSecret: setting.isSecret) else { return }
        texts = found
      }
    } catch {
      let wanted = setting.shape == .single ? "one value and not a list" : "a list, such as [one, two]"
      let origin = recorder.origin(of: setting, file: file?.path)
      problems.append(.init(key: setting.key, source: origin, sentence: "must be \(wanted)"))
      return
    }
    // An empty text takes the setting back to its default.
    if texts.allSatisfy(\.isEmpty) { return }
    let origin = recorder.origin(of: setting, file: file?.path)
    if let expectation = setting.apply(&loaded.configuration, texts) {
      let value = setting.isSecret ? "its value" : "\"\(texts.joined(separator: ", ").prefix(200))\""
      problems.append(.init(key: setting.key, source: origin, sentence: "\(value) is wrong; it must be \(expectation)"))
    } else {
      loaded.origins[setting.key] = origin
    }
  }

  /// The key itself, or the file's, or the first variable's that is set.
  private mutating func resolveUpstreamKey() {
    let upstream = loaded.configuration.upstream
    if upstream.isDemo || upstream.key != nil { return }
    if let path = upstream.keyFile {
      do throws(FileContents.Failure) {
        let text = try FileContents.readText(path)
        if text.isEmpty { throw FileContents.Failure(reason: "it is empty") }
        loaded.configuration.upstream.key = Secret(text)
        loaded.origins["upstream.key"] = path
      } catch {
        problems.append(
          .init(key: "upstream.keyFile", sentence: "\"\(path)\" cannot be read: \(error.reason); correct the path"))
      }
    } else if let name = upstream.keyVariables.first(where: { environment[$0] != nil }), let key = environment[name] {
      loaded.configuration.upstream.key = Secret(key)
      loaded.origins["upstream.key"] = name
    }
  }

  /// What each setting alone cannot tell.
  private mutating func checkTogether() {
    let configuration = loaded.configuration
    if !configuration.upstream.isDemo && configuration.upstream.model.isEmpty {
      problems.append(
        .init(key: "upstream.model", sentence: "is missing; name the model that the provider shall use, with --model"))
    }
    if configuration.upstream.answerTokens >= configuration.upstream.contextTokens {
      problems.append(
        .init(
          key: "upstream.answerTokens",
          sentence: "\"\(configuration.upstream.answerTokens)\" leaves no room for the question; "
            + "it must be less than upstream.contextTokens, \(configuration.upstream.contextTokens)"))
    }
    switch (configuration.tls.certificateFile, configuration.tls.keyFile) {
    case (.some, nil):
      problems.append(.init(key: "tls.keyFile", sentence: "is missing; a certificate needs its key, with --tls-key"))
    case (nil, .some):
      problems.append(
        .init(key: "tls.certificateFile", sentence: "is missing; a key needs its certificate, with --tls-cert"))
    default: break
    }
    if !configuration.auth.hasKeys && !configuration.auth.openOnLoopback {
      problems.append(
        .init(
          key: "auth.jwtSecretFiles",
          sentence: "nobody could connect; set a secret or a key, or auth.openOnLoopback to true"))
    }
  }

  /// A variable with a typing error would else do nothing, silently. It is no error: other programs may own the name.
  private mutating func warnOfUnknownVariables() {
    var known = Set(Settings.all.map(\.variable)).union(ConfigurationLoader.shortVariables.keys)
    known.insert("WEIR_CONFIG")
    known.formUnion(loaded.configuration.upstream.keyVariables)
    for name in environment.keys.sorted() where name.hasPrefix("WEIR_") && !known.contains(name) {
      let nearest = UnknownKey.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? "."
      loaded.warnings.append("\(name) is set but names no setting\(nearest)")
    }
  }
}

/// Names of sources, as people read them.
enum Origin {
  static let flags = "command line"
}

/// Notes which source each value came from.
private final class OriginRecorder: AccessReporter {
  private let last = NIOLockedValueBox<AccessEvent.ProviderResult?>(nil)

  func report(_ event: AccessEvent) {
    last.withLockedValue { $0 = event.providerResults.last }
  }

  /// The source of the value that was read last, which is `setting`'s.
  func origin(of setting: Setting, file: String?) -> String {
    guard let name = last.withLockedValue({ $0?.providerName }) else { return "" }
    if name.contains("InMemoryProvider") { return Origin.flags }
    if name.contains("EnvironmentVariablesProvider") { return setting.variable }
    return file ?? "file"
  }
}
