/// Text from the network on a terminal. A model, or whoever writes through it, must not move the cursor, set the
/// window's title or ask the terminal to type: controls are shown, not obeyed.
enum TerminalText {
  /// The same text with every control but line feed and tab replaced by a visible mark; CR before LF is dropped.
  static func harmless(_ text: String) -> String {
    if text.utf8.allSatisfy({ ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x0A || $0 == 0x09 }) { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A, 0x09: result.append(scalar)
      case 0x0D: continue
      case 0x00...0x1F:
        // U+2400 and on are the pictures of the control characters.
        result.append(Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}")
      case 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069: result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
