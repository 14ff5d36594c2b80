/// `TerminalText.harmless` for text that comes in pieces, with a bound on how much can pile up in one cell: a character
/// of a million marks would be segmented again with every piece. Pieces cut anywhere give the same text.
struct TextFilter: Equatable, Sendable {
  /// Scalars that may stand in one character. The longest emoji sequences have ten.
  static let maximumJoined = 32

  private var joined = 0
  private var isLinked = false

  /// The same text without what a terminal would obey.
  mutating func pass(_ text: String) -> String {
    if text.utf8.allSatisfy({ ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x0A }) {
      if !text.isEmpty { (joined, isLinked) = (1, false) }
      return text
    }
    var result = String.UnicodeScalarView()
    for scalar in TerminalText.harmless(text).unicodeScalars where admits(scalar) { result.append(scalar) }
    return String(result)
  }

  /// A scalar that may belong to the character before it counts; any other begins a new one.
  private mutating func admits(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x300 {
      (joined, isLinked) = (1, false)
      return true
    }
    guard Self.combines(scalar) || isLinked else {
      joined = 1
      return true
    }
    // What follows a joiner or a virama belongs to the same character, though it is a letter or a picture. There must be
    // room for it: a joiner is never the last that is let through.
    let links =
      scalar.value == 0x200D || scalar.properties.canonicalCombiningClass == .virama
      || isLinked && Self.combines(scalar)
    guard joined + (links ? 1 : 0) < Self.maximumJoined else {
      isLinked = false
      return false
    }
    joined += 1
    isLinked = links
    return true
  }

  private static func combines(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // Hangul letters, any number of which make one syllable; skin tones.
    case 0x1100...0x11FF, 0xA960...0xA97F, 0xD7B0...0xD7FF, 0x1F3FB...0x1F3FF: return true
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .spacingMark, .format: return true
    default: return false
    }
  }
}
