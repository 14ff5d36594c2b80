/// How a piece of text looks. What a terminal makes of it is `Painter`'s business.
struct TextStyle: OptionSet, Hashable, Sendable {
  let rawValue: UInt8

  static let bold = TextStyle(rawValue: 1)
  static let dim = TextStyle(rawValue: 2)
  static let italic = TextStyle(rawValue: 4)
  static let underline = TextStyle(rawValue: 8)
  static let strike = TextStyle(rawValue: 16)
  static let code = TextStyle(rawValue: 32)
}

/// A piece of text that looks the same from its beginning to its end.
struct StyledText: Equatable, Sendable {
  var text: String
  var style: TextStyle
  /// Where it leads; ASCII without blanks and controls, see `LinkTarget`.
  var link: String?

  init(_ text: String, _ style: TextStyle = [], link: String? = nil) {
    self.text = text
    self.style = style
    self.link = link
  }
}

extension [StyledText] {
  /// Adds text, to the last piece if that looks the same.
  mutating func add(_ text: String, _ style: TextStyle = [], link: String? = nil) {
    if text.isEmpty { return }
    if let last = indices.last, self[last].style == style, self[last].link == link {
      self[last].text += text
    } else {
      append(StyledText(text, style, link: link))
    }
  }

  /// What is said, however it looks.
  var plainText: String { map(\.text).joined() }

  /// Cells of a row.
  var cells: Int { reduce(0) { $0 + CellWidth.of($1.text) } }
}
