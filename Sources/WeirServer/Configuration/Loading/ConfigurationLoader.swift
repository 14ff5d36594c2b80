import Configuration
import NIOConcurrencyHelpers

extension WeirConfiguration {
  /// Reads the settings: a flag beats a variable, a variable beats the file, the file beats the default. Models, lanes
  /// and plans are those that the file or a flag names; variables reach their fields too. Throws everything that is wrong
  /// at once. Reads files: for start-up and reload only.
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
  /// The models, lanes and plans that are named, and those that always exist.
  private var places: Set<EntryPlace> = []
  private var file: YAMLFile?

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
    await readFile()
    checkFlags()
    let recorder = OriginRecorder()
    let reader = ConfigReader(providers: providers(), accessReporter: recorder)
    for setting in Settings.all { await read(setting, from: reader, recorder: recorder) }
    declarePlaces()
    for place in EntryPlace.all(in: loaded.configuration) {
      for setting in place.settings { await read(setting, from: reader, recorder: recorder) }
    }
    var files = FileValues(environment: environment)
    files.resolve(&loaded)
    report(files.problems)
    report(loaded.configuration.problems())
    loaded.warnings += loaded.configuration.warnings()
    warnOfUnknownVariables()
    if !problems.isEmpty { throw ConfigurationError(problems) }
    return loaded
  }

  private mutating func readFile() async {
    guard let path = sources.file ?? environment["WEIR_CONFIG"] else { return }
    do throws(YAMLFile.Failure) {
      let file = try await YAMLFile(path: path)
      self.file = file
      for key in file.keys { check(key, from: path, isEmpty: file.isEmpty(key)) }
    } catch {
      problems.append(.init(key: path, sentence: error.sentence))
    }
  }

  private mutating func checkFlags() {
    for key in sources.flags.keys.sorted() {
      check(key, from: Origin.flags, isEmpty: false)
      if isSecret(key) {
        problems.append(
          .init(
            key: key, source: Origin.flags,
            sentence: "others on this machine can read command lines; set \(Setting.variable(for: key)) or name a file")
        )
      }
    }
  }

  /// Notes the entry that the key belongs to, or what is wrong with the key.
  private mutating func check(_ key: String, from source: String, isEmpty: Bool) {
    switch KeyMeaning(key) {
    case .setting: return
    case .section where isEmpty: return
    case .entry(let place) where isEmpty: note(place, key: key, from: source)
    case .field(_, let place): note(place, key: key, from: source)
    case .section, .entry:
      problems.append(.init(key: key, source: source, sentence: UnknownKey.sentence(section: key)))
    case .unknown(let places):
      problems.append(.init(key: key, source: source, sentence: UnknownKey.sentence(key, places: places)))
    }
  }

  private mutating func note(_ place: EntryPlace, key: String, from source: String) {
    if case .endpoint(_, let model) = place { note(.model(model), key: key, from: source) }
    guard places.insert(place).inserted else { return }
    if let complaint = EntryName.complaint(place.name) {
      problems.append(
        .init(key: place.key, source: source, sentence: "\"\(place.name.prefix(100))\" is wrong; \(complaint)"))
    } else if place == .model("default") {
      problems.append(
        .init(
          key: place.key, source: source,
          sentence: "\"default\" cannot name a model; models.default names the one that is the default"))
    }
  }

  /// In the order of their names, so that the same sources make the same configuration.
  private mutating func declarePlaces() {
    for place in places.sorted(by: { $0.path.lexicographicallyPrecedes($1.path) }) {
      place.declare(in: &loaded.configuration)
    }
  }

  private func isSecret(_ key: String) -> Bool { setting(key)?.isSecret == true }

  private func isList(_ key: String) -> Bool { setting(key)?.shape == .list }

  private func setting(_ key: String) -> Setting? {
    guard case .field(_, let place) = KeyMeaning(key) else { return Settings.byKey[key] }
    return place.settings.first { $0.key == key }
  }

  /// Strongest first. Texts stay texts here: one place, the table of settings, knows how they become values.
  private func providers() -> [any ConfigProvider] {
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    for (key, texts) in sources.flags {
      let content: ConfigContent = isList(key) ? .stringArray(texts) : .string(texts.last ?? "")
      values[AbsoluteConfigKey(ConfigKey(key))] = ConfigValue(content, isSecret: false)
    }
    var providers: [any ConfigProvider] = [
      InMemoryProvider(name: Origin.flags, values: values),
      EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "weir"),
    ]
    if let provider = file?.provider { providers.append(provider) }
    return providers
  }

  private mutating func read(_ setting: Setting, from reader: ConfigReader, recorder: OriginRecorder) async {
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
      let value = setting.isSecret ? "its value" : "\"\(texts.map(Redaction.uri).joined(separator: ", ").prefix(200))\""
      problems.append(.init(key: setting.key, source: origin, sentence: "\(value) is wrong; it must be \(expectation)"))
    } else {
      loaded.origins[setting.key] = origin
    }
  }

  /// Adds problems that come of several settings together, unless one of these settings has been found wrong already.
  private mutating func report(_ found: [ConfigurationError.Problem]) {
    let earlier = problems.map(\.key)
    problems += found.filter { problem in
      !earlier.contains { $0 == problem.key || $0.hasPrefix(problem.key + ".") }
    }
  }

  /// A variable with a typing error would else do nothing, silently. It is no error: other programs may own the name.
  private mutating func warnOfUnknownVariables() {
    let configuration = loaded.configuration
    var known = Set(Settings.all.map(\.variable)).union(ConfigurationLoader.shortVariables.keys)
    known.insert("WEIR_CONFIG")
    known.formUnion(configuration.upstream.keyVariables)
    known.formUnion(configuration.models.flatMap { $0.endpoints.flatMap(\.keyVariables) })
    known.formUnion(EntryPlace.all(in: configuration).flatMap { $0.settings.map(\.variable) })
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
