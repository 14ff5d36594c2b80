/// How many cells of a terminal's row text takes.
///
/// Terminals differ at the edges; this follows what most of them do today: East Asian wide and fullwidth characters take
/// two cells, combining marks none, and an emoji sequence two however many scalars it has. Which scalars combine is asked
/// of the standard library (Unicode 17.0 in Swift 6.3); which are wide is in a table, because it has no property for it.
enum CellWidth {
  /// Of a text without line feeds.
  static func of(_ text: some StringProtocol) -> Int {
    text.reduce(0) { $0 + of($1) }
  }

  /// Of one character as a reader sees it.
  static func of(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return 0 }
    let next = scalars.index(after: scalars.startIndex)
    guard next != scalars.endIndex else { return of(first) }
    if isEmojiSequence(first, scalars[next...]) { return 2 }
    return scalars.reduce(0) { $0 + of($1) }
  }

  /// Of one scalar on its own. Controls take none: they are not to get as far as a terminal.
  static func of(_ scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return value >= 0x20 && !(0x7F..<0xA0).contains(value) ? 1 : 0 }
    if isZero(scalar) { return 0 }
    return isWide(value) ? 2 : 1
  }

  /// A flag, a keycap, a skin tone, a joined family, or a symbol asked for in its colourful form.
  private static func isEmojiSequence(_ first: Unicode.Scalar, _ rest: Substring.UnicodeScalarView) -> Bool {
    let isFlag: (Unicode.Scalar) -> Bool = { (0x1F1E6...0x1F1FF).contains($0.value) }
    if isFlag(first), rest.first.map(isFlag) == true { return true }
    guard first.properties.isEmoji else { return false }
    // VARIATION SELECTOR-16, ZERO WIDTH JOINER, the five skin tones.
    return rest.contains { $0.value == 0xFE0F || $0.value == 0x200D || (0x1F3FB...0x1F3FF).contains($0.value) }
  }

  private static func isZero(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // Vowels and final consonants of Hangul stand in the cells of their first consonant.
    case 0x1160...0x11FF, 0xD7B0...0xD7FB: return true
    // Signs that enclose the number behind them are seen, though their category is that of invisible formats.
    case 0x600...0x605, 0x6DD, 0x70F, 0x890...0x891, 0x8E2, 0x110BD, 0x110CD: return false
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .lineSeparator, .paragraphSeparator: return true
    default: return false
    }
  }

  private static func isWide(_ value: UInt32) -> Bool {
    if value < 0x1100 { return false }
    var (low, high) = (0, wide.count)
    while low < high {
      let middle = (low + high) / 2
      let range = wide[middle]
      if range.contains(value) { return true }
      if value < range.lowerBound { high = middle } else { low = middle + 1 }
    }
    return false
  }
}
