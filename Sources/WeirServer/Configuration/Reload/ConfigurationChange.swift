/// One difference between the running configuration and a new one.
package struct ConfigurationChange: Sendable, Equatable, CustomStringConvertible {
  /// The setting's key, or an entry's: `models.fast`.
  package let key: String
  /// As text; nil: there was none, or it is secret.
  package let old: String?
  /// As text; nil: there is none any more, or it is secret.
  package let new: String?
  /// What happened to it.
  package let kind: Kind
  /// When it counts.
  package let effect: SettingEffect

  package enum Kind: Sendable, Equatable {
    case added
    case removed
    case changed
  }

  /// One line for the log. Holds no secret.
  package var description: String {
    let what =
      switch kind {
      case .added: "\(key) is new"
      case .removed: "\(key) is gone"
      case .changed:
        if let old, let new { "\(key): \(shown(old)) is now \(shown(new))" } else { "\(key) has another value" }
      }
    return effect == .atOnce ? what : what + "; restart the server for it to count"
  }

  private func shown(_ text: String) -> String { text.utf8.count > 100 ? "\"\(text.prefix(100))...\"" : "\"\(text)\"" }
}

extension ConfigurationChange {
  /// All differences, in the order of the settings, then of the entries.
  static func between(_ old: WeirConfiguration, _ new: WeirConfiguration) -> [ConfigurationChange] {
    let oldPlaces = EntryPlace.all(in: old)
    let newPlaces = EntryPlace.all(in: new)
    let added = Set(newPlaces).subtracting(oldPlaces)
    let removed = Set(oldPlaces).subtracting(newPlaces)
    var changes = Settings.all.compactMap { $0.change(old, new) }
    for place in newPlaces {
      if added.contains(place) {
        changes.append(ConfigurationChange(key: place.key, old: nil, new: nil, kind: .added, effect: .atOnce))
      } else {
        changes += place.settings.compactMap { $0.change(old, new) }
      }
    }
    for place in oldPlaces where removed.contains(place) {
      changes.append(ConfigurationChange(key: place.key, old: nil, new: nil, kind: .removed, effect: .atOnce))
    }
    return changes
  }
}

extension Field where Root == WeirConfiguration {
  fileprivate func change(_ old: WeirConfiguration, _ new: WeirConfiguration) -> ConfigurationChange? {
    if isSame(old, new) { return nil }
    func text(_ configuration: WeirConfiguration) -> String? {
      isSecret ? nil : show(configuration).joined(separator: ", ")
    }
    return ConfigurationChange(key: key, old: text(old), new: text(new), kind: .changed, effect: effect)
  }
}
