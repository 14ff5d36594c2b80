/// Helps people who mistyped a key.
enum UnknownKey {
  /// What to say of a key that no setting has. `places` are entries that it may be meant for.
  static func sentence(_ key: String, places: [EntryPlace] = []) -> String {
    let candidates = places.flatMap { place in place.fieldKeys.map { "\(place.key).\($0)" } }
    if let nearest = nearest(to: key, among: candidates.isEmpty ? Array(Settings.byKey.keys) : candidates) {
      return "there is no such setting; did you mean \(nearest)?"
    }
    if let place = places.first {
      return "there is no such setting; here are \(place.fieldKeys.sorted().joined(separator: ", "))"
    }
    return "there is no such setting; `weir serve --print-config` lists all"
  }

  /// What to say of a section that has a value, or of an entry that is empty.
  static func sentence(section key: String) -> String {
    "is a section; write its settings below it, indented, such as \(example(of: key))"
  }

  private static func example(of section: String) -> String {
    switch (section, KeyMeaning(section)) {
    case (_, .entry(let place)): "\(section).\(place.settings.first?.path.last ?? "")"
    case ("models", _): "models.fast.contextTokens"
    case ("lanes", _): "lanes.batch.weight"
    case ("plans", _): "plans.free.turnsPerMinute"
    default: Settings.all.first { $0.key.hasPrefix(section + ".") }?.key ?? "\(section).NAME"
    }
  }

  /// The name that takes the fewest changes, if they are few enough to be a slip.
  static func nearest(to name: String, among names: some Sequence<String>) -> String? {
    let distances = names.map { ($0, distance(name.lowercased(), $0.lowercased())) }
    guard let best = distances.min(by: { ($0.1, $0.0) < ($1.1, $1.0) }) else { return nil }
    return best.1 <= max(2, name.count / 4) ? best.0 : nil
  }

  /// Letters to add, drop or change (Levenshtein).
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right.prefix(100))
    var row = Array(0...right.count)
    for (i, character) in left.prefix(100).enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in right.indices {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (character == right[j] ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count]
  }
}
