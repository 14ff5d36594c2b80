/// Helps people who mistyped a key.
enum UnknownKey {
  /// What to say of a key that is no setting's.
  static func sentence(_ key: String) -> String {
    if Settings.sections.contains(key) {
      return "is a section; write its settings below it, indented, such as \(example(of: key))"
    }
    if let nearest = nearest(to: key, among: Settings.byKey.keys) {
      return "there is no such setting; did you mean \(nearest)?"
    }
    return "there is no such setting; `weir serve --print-config` lists all"
  }

  private static func example(of section: String) -> String {
    Settings.all.first { $0.key.hasPrefix(section + ".") }?.key ?? section
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
