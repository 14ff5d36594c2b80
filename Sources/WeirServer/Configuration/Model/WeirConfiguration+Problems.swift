extension WeirConfiguration {
  typealias Problem = ConfigurationError.Problem

  /// Finds what cannot work in a configuration, however it was made: each value, and how they fit each other. Throws all
  /// of it at once.
  package func validate() throws(ConfigurationError) {
    var problems = duplicates(models, "models") + duplicates(lanes, "lanes") + duplicates(plans, "plans")
    for model in models { problems += duplicates(model.endpoints, EntryPlace.model(model.name).key + ".endpoints") }
    let places = EntryPlace.all(in: self)
    for place in places {
      guard let complaint = EntryName.complaint(place.name) else { continue }
      problems.append(.init(key: place.key, sentence: "\"\(place.name.prefix(100))\" is wrong; \(complaint)"))
    }
    for setting in Settings.all + places.flatMap(\.settings) where !setting.isSecret {
      let texts = setting.show(self)
      // No text stands for no value.
      if texts.allSatisfy(\.isEmpty) && setting.shape == .list || texts == [""] { continue }
      var copy = self
      guard let expectation = setting.apply(&copy, texts) else { continue }
      let value = texts.joined(separator: ", ").prefix(200)
      problems.append(.init(key: setting.key, sentence: "\"\(value)\" is wrong; it must be \(expectation)"))
    }
    problems += self.problems()
    if !problems.isEmpty { throw ConfigurationError(problems) }
  }

  private func duplicates<Entry: NamedEntry>(_ entries: [Entry], _ key: String) -> [Problem] {
    var seen: Set<String> = []
    return entries.compactMap { entry in
      seen.insert(entry.name).inserted
        ? nil : Problem(key: key, sentence: "\"\(entry.name)\" is there twice; give each a name of its own")
    }
  }

  /// What is wrong with settings that are right each alone.
  func problems() -> [Problem] {
    var problems = models.isEmpty ? upstreamProblems() : []
    if 1..<1 << 20 ~= memory.limitBytes {
      problems.append(
        .init(
          key: "memory.limitBytes",
          sentence: "\"\(memory.limitBytes)\" is wrong; no server fits in that: give at least 1MiB, or 0 for its share")
      )
    }
    switch (tls.certificateFile, tls.keyFile) {
    case (.some, nil):
      problems.append(.init(key: "tls.keyFile", sentence: "is missing; a certificate needs its key, with --tls-key"))
    case (nil, .some):
      problems.append(
        .init(key: "tls.certificateFile", sentence: "is missing; a key needs its certificate, with --tls-cert"))
    default: break
    }
    if !auth.hasKeys && !auth.openOnLoopback {
      problems.append(
        .init(
          key: "auth.jwtSecretFiles",
          sentence: "nobody could connect; set a secret or a key, or auth.openOnLoopback to true"))
    }
    return problems + modelProblems() + laneProblems() + planProblems() + trafficProblems()
  }

  private func upstreamProblems() -> [Problem] {
    var problems: [Problem] = []
    if !upstream.isDemo && upstream.model.isEmpty {
      problems.append(
        .init(key: "upstream.model", sentence: "is missing; name the model that the provider shall use, with --model"))
    }
    if upstream.answerTokens >= upstream.contextTokens {
      problems.append(
        .noRoom(
          "upstream.answerTokens", upstream.answerTokens, "upstream.contextTokens", upstream.contextTokens))
    }
    return problems
  }

  private func modelProblems() -> [Problem] {
    if models.isEmpty {
      return defaultModel.isEmpty || defaultModel == effectiveModels[0].name
        ? [] : [.unknownName("models.default", defaultModel, effectiveModels.map(\.name))]
    }
    var problems: [Problem] = []
    if upstream.url != nil {
      problems.append(
        .init(
          key: "upstream.url",
          sentence: "is short for one model, and there are models; move it to models.NAME.endpoints.NAME.url"))
    }
    if defaultModel.isEmpty && models.count > 1 {
      let names = models.map(\.name).joined(separator: ", ")
      problems.append(
        .init(key: "models.default", sentence: "is missing; name the model for those who name none, one of \(names)"))
    } else if !defaultModel.isEmpty && models.named(defaultModel) == nil {
      problems.append(.unknownName("models.default", defaultModel, models.map(\.name)))
    }
    return problems + models.flatMap { self.problems($0) }
  }

  private func problems(_ model: Model) -> [Problem] {
    let key = EntryPlace.model(model.name).key
    var problems: [Problem] = []
    if model.endpoints.isEmpty {
      problems.append(
        .init(
          key: key, sentence: "has nobody who answers; add an endpoint, such as \(key).endpoints.main with url and kind"
        ))
    }
    if model.answerTokens >= model.contextTokens {
      problems.append(
        .noRoom("\(key).answerTokens", model.answerTokens, "\(key).contextTokens", model.contextTokens))
    }
    if let most = model.maximumTokens, most > model.contextTokens {
      problems.append(
        .init(
          key: "\(key).maximumTokens",
          sentence: "\"\(most)\" is more than the context; it must be at most \(key).contextTokens, "
            + "\(model.contextTokens)"))
    }
    for endpoint in model.endpoints {
      problems += self.problems(endpoint, EntryPlace.endpoint(endpoint.name, ofModel: model.name).key)
    }
    return problems
  }

  private func problems(_ endpoint: Endpoint, _ key: String) -> [Problem] {
    var problems: [Problem] = []
    if endpoint.kind != .demo && endpoint.url == nil {
      problems.append(.init(key: key, sentence: "has no url; add the provider's, or kind: demo for the built-in model"))
    }
    // What is no visible character could end the header and begin another.
    if !endpoint.keys.allSatisfy({ $0.value.utf8.allSatisfy { (0x21...0x7E).contains($0) } && !$0.value.isEmpty }) {
      problems.append(
        .init(key: key, sentence: "has a key with characters that no key has, such as spaces; set its keys again"))
    }
    if endpoint.tokensField != .maxTokens && endpoint.kind != .openAI {
      problems.append(
        .init(key: "\(key).tokensField", sentence: "means nothing to \(endpoint.kind.rawValue); take the line out"))
    }
    return problems
  }

  private func laneProblems() -> [Problem] {
    var problems: [Problem] = []
    if effectiveLanes.isEmpty {
      problems.append(.init(key: "lanes", sentence: "there is none left; enable one"))
    }
    if effectiveLanes.count > 16 {
      problems.append(.init(key: "lanes", sentence: "there are \(effectiveLanes.count); keep to 16"))
    }
    var owners: [Int: String] = [:]
    for lane in effectiveLanes {
      let key = "\(EntryPlace.lane(lane.name).key).rank"
      guard let rank = lane.rank else {
        problems.append(
          .init(key: key, sentence: "is missing; say by a number where the lane stands, the lowest being the best"))
        continue
      }
      if let owner = owners.updateValue(lane.name, forKey: rank) {
        problems.append(
          .init(key: key, sentence: "\"\(rank)\" is the rank of \(owner) too; give each lane a rank of its own"))
      }
    }
    if !effectiveLanes.isEmpty && effectiveLanes.allSatisfy(\.isIdleOnly) {
      problems.append(.init(key: "lanes", sentence: "all are idleOnly; one must not be"))
    }
    return problems
  }

  private func planProblems() -> [Problem] {
    var problems: [Problem] = []
    let names = plans.map(\.name)
    if !auth.defaultPlan.isEmpty && !effectivePlans.contains(where: { $0.name == auth.defaultPlan }) {
      problems.append(.unknownName("auth.defaultPlan", auth.defaultPlan, names))
    } else if auth.defaultPlan.isEmpty && names.count > 1 && !names.contains("default") {
      problems.append(
        .init(
          key: "auth.defaultPlan",
          sentence: "is missing; name the plan for tokens that name none, one of \(names.joined(separator: ", "))"))
    }
    let laneNames = effectiveLanes.map(\.name)
    let modelNames = effectiveModels.map(\.name)
    for plan in plans {
      let key = EntryPlace.plan(plan.name).key
      if !plan.lane.isEmpty && !laneNames.contains(plan.lane) {
        problems.append(.unknownName("\(key).lane", plan.lane, laneNames))
      }
      for model in plan.models where !modelNames.contains(model) {
        problems.append(.unknownName("\(key).models", model, modelNames))
      }
      if plan.turnBurst != nil && plan.turnsPerMinute == nil {
        problems.append(.init(key: "\(key).turnBurst", sentence: "means nothing without turnsPerMinute; set that too"))
      }
    }
    return problems
  }

  private func trafficProblems() -> [Problem] {
    var problems: [Problem] = []
    if retry.maximumDelay < retry.baseDelay {
      problems.append(
        .init(
          key: "retry.maximumDelay",
          sentence: "\"\(retry.maximumDelay.settingText)\" is less than retry.baseDelay, "
            + "\(retry.baseDelay.settingText); make it as long or longer"))
    }
    if cache.maximumAnswerBytes > cache.sizeBytes {
      problems.append(
        .init(key: "cache.maximumAnswerBytes", sentence: "is more than cache.sizeBytes; make it smaller"))
    }
    if proxies.carrier != .none && proxies.trusted.isEmpty {
      problems.append(
        .init(key: "proxies.trusted", sentence: "is empty, so nobody may say so; name the proxies' addresses"))
    }
    if Set([auth.planClaim, auth.laneClaim, auth.tenantClaim]).count < 3 {
      problems.append(.init(key: "auth.planClaim", sentence: "plan, lane and tenant need a claim each; rename one"))
    }
    return problems
  }

  /// What is likely a mistake and does not stop the server.
  func warnings() -> [String] {
    var warnings: [String] = []
    var idle = upstream
    idle.key = nil
    if !models.isEmpty && upstream.url == nil && idle != Upstream() {
      warnings.append("Settings below upstream do nothing while there are models; set them there.")
    }
    if proxies.carrier == .none && !proxies.trusted.isEmpty {
      warnings.append("proxies.trusted does nothing while proxies.protocol is none.")
    }
    if proxies.trusted.contains(where: \.isEverybody) {
      warnings.append("proxies.trusted has everybody in it, so everybody can choose an address; name the proxies only.")
    }
    for model in models {
      for endpoint in model.endpoints where endpoint.keys.isEmpty && endpoint.url?.hasPrefix("https://") == true {
        let key = EntryPlace.endpoint(endpoint.name, ofModel: model.name).key
        warnings.append("\(key) has no key; set keyVariables or keyFiles if its provider wants one.")
      }
    }
    return warnings
  }
}

extension ConfigurationError.Problem {
  fileprivate static func noRoom(_ key: String, _ answer: Int, _ contextKey: String, _ context: Int) -> Self {
    Self(
      key: key,
      sentence: "\"\(answer)\" leaves no room for the question; it must be less than \(contextKey), \(context)")
  }

  fileprivate static func unknownName(_ key: String, _ name: String, _ names: [String]) -> Self {
    let good = names.isEmpty ? "; there are none" : ", one of \(names.joined(separator: ", "))"
    return Self(key: key, sentence: "\"\(name.prefix(100))\" is not there; name one that is\(good)")
  }
}
