extension LoadedConfiguration {
  /// The effective settings as a YAML file that loads as the same configuration, with each setting's meaning and where
  /// its value came from. Secrets are not in it.
  public var yaml: String {
    var text = "# weir configuration. A flag beats a variable, a variable beats this file.\n"
    var explained: Set<String> = []
    for section in ConfigurationPrinter.sections {
      text += "\n"
      let entries = EntryPlace.all(in: configuration).filter { $0.path[0] == section }
      let settings = Settings.all.filter { $0.path[0] == section } + entries.flatMap(\.settings)
      text += ConfigurationPrinter.example(of: section, isNeeded: entries.isEmpty)
      if settings.isEmpty { continue }
      var path: [String] = []
      for setting in settings {
        text += ConfigurationPrinter.headings(from: path, to: setting.path)
        path = setting.path
        let indent = String(repeating: "  ", count: path.count - 1)
        if explained.insert("\(section) \(setting.help)").inserted { text += "\(indent)# \(setting.help)\n" }
        text += "\(indent)\(line(setting))\n"
      }
    }
    return text
  }

  private func line(_ setting: Setting) -> String {
    let name = YAMLText.scalar(setting.path.last ?? "")
    let origin = origins[setting.key].map { "  # from \($0.filter { !$0.isNewline })" } ?? ""
    let values = setting.show(configuration)
    if setting.isSecret {
      let isSet = values.contains(Secret.placeholder)
      return isSet ? "# \(name): \(Secret.placeholder)\(origin)" : "# \(name): (not set)"
    }
    return setting.shape == .list
      ? "\(name): [\(values.map(YAMLText.quoted).joined(separator: ", "))]\(origin)"
      : "\(name): \(YAMLText.scalar(values.first ?? ""))\(origin)"
  }
}

private enum ConfigurationPrinter {
  /// In the order of the table, and those with entries only where they belong.
  static let sections: [String] = {
    var sections: [String] = []
    for setting in Settings.all where sections.last != setting.path[0] && !sections.contains(setting.path[0]) {
      sections.append(setting.path[0])
      if setting.path[0] == "models" { sections += ["lanes", "plans"] }
    }
    return sections
  }()

  /// The lines of the maps that begin between one setting and the next.
  static func headings(from old: [String], to new: [String]) -> String {
    let shared = zip(old.dropLast(), new.dropLast()).prefix { $0 == $1 }.count
    return (shared..<(new.count - 1)).map { depth in
      "\(String(repeating: "  ", count: depth))\(YAMLText.scalar(new[depth])):\n"
    }.joined()
  }

  /// What can be written in a section of entries that has none.
  static func example(of section: String, isNeeded: Bool) -> String {
    switch (section, isNeeded) {
    case ("models", true):
      """
      # Several models, each with one endpoint or more, in place of upstream:
      # models:
      #   default: fast
      #   fast:
      #     contextTokens: 128000
      #     price: {input: 0.15, cachedInput: 0.075, output: 0.60}
      #     endpoints:
      #       main: {url: https://api.openai.com/v1, model: gpt-4o-mini, keyVariables: [OPENAI_API_KEY]}
      #       spare: {url: https://llm.example.org/v1, keyFiles: [spare.key], priority: 1}

      """
    case ("plans", true):
      """
      # What users may use, chosen by the claim that auth.planClaim names:
      # plans:
      #   free: {turnsPerMinute: 10, turnsAtOnce: 2, tokensPerDay: 100000, lane: interactive}
      #   pro: {turnsPerMinute: 60, tokensPerMonth: 20000000, lane: interactive-premium}

      """
    default: ""
    }
  }
}
