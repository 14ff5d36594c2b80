/// Values that the configuration does not hold but points at: in files and in variables.
struct FileValues {
  let environment: [String: String]
  private(set) var problems: [ConfigurationError.Problem] = []

  init(environment: [String: String]) {
    self.environment = environment
  }

  /// Puts them where the configuration wants them. Reads files.
  mutating func resolve(_ loaded: inout LoadedConfiguration) {
    resolveUpstreamKey(&loaded)
    for index in loaded.configuration.models.indices {
      let model = loaded.configuration.models[index]
      resolve(&loaded.configuration.models[index])
      if let path = model.systemPromptFile, loaded.configuration.models[index].systemPromptFile == nil {
        loaded.origins["\(EntryPlace.model(model.name).key).systemPrompt"] = path
      }
    }
    let admin = loaded.configuration.admin
    if let path = admin.secretFile, admin.secret == nil, let text = read(path, for: "admin.secretFile") {
      if text.utf8.count < 16 {
        problems.append(
          .init(
            key: "admin.secretFile",
            sentence: "\"\(path)\" holds too short a secret; it must be 16 bytes or more; "
              + "`openssl rand -hex 32` makes one"))
      }
      loaded.configuration.admin.secret = Secret(text)
      loaded.origins["admin.secret"] = path
    }
  }

  /// The key itself, or the file's, or the first variable's that is set.
  private mutating func resolveUpstreamKey(_ loaded: inout LoadedConfiguration) {
    let upstream = loaded.configuration.upstream
    if upstream.isDemo || upstream.key != nil { return }
    if let path = upstream.keyFile {
      guard let text = read(path, for: "upstream.keyFile") else { return }
      loaded.configuration.upstream.key = Secret(text)
      loaded.origins["upstream.key"] = path
    } else if let name = upstream.keyVariables.first(where: { environment[$0] != nil }), let key = environment[name] {
      loaded.configuration.upstream.key = Secret(key)
      loaded.origins["upstream.key"] = name
    }
  }

  private mutating func resolve(_ model: inout WeirConfiguration.Model) {
    let key = EntryPlace.model(model.name).key
    if let path = model.systemPromptFile {
      if !model.systemPrompt.isEmpty {
        problems.append(
          .init(key: "\(key).systemPromptFile", sentence: "systemPrompt is set too; keep one of the two"))
      } else if let text = read(path, for: "\(key).systemPromptFile", limit: 1 << 20) {
        // From here on it is as if the text stood in the configuration itself.
        model.systemPrompt = text
        model.systemPromptFile = nil
      }
    }
    for index in model.endpoints.indices {
      let place = EntryPlace.endpoint(model.endpoints[index].name, ofModel: model.name)
      resolve(&model.endpoints[index], key: place.key)
    }
  }

  private mutating func resolve(_ endpoint: inout WeirConfiguration.Endpoint, key: String) {
    for path in endpoint.keyFiles {
      guard let text = read(path, for: "\(key).keyFiles") else { continue }
      let lines = text.split(whereSeparator: \.isNewline).map { $0.filter { $0 != " " && $0 != "\t" } }
      endpoint.keys += lines.filter { !$0.isEmpty }.map(Secret.init)
    }
    let set = endpoint.keyVariables.compactMap { environment[$0] }
    if set.isEmpty, endpoint.keys.isEmpty, !endpoint.keyVariables.isEmpty {
      problems.append(
        .init(
          key: "\(key).keyVariables",
          sentence: "\"\(endpoint.keyVariables.joined(separator: ", "))\" is not set; set it to the provider's key"))
    }
    endpoint.keys += set.map(Secret.init)
  }

  private mutating func read(_ path: String, for key: String, limit: Int = 64 << 10) -> String? {
    do throws(FileContents.Failure) {
      let text = try FileContents.readText(path, limit: limit)
      if text.isEmpty { throw FileContents.Failure(reason: "it is empty") }
      return text
    } catch {
      problems.append(.init(key: key, sentence: "\"\(path)\" cannot be read: \(error.reason); correct the path"))
      return nil
    }
  }
}
