/// Turns styled text into what a terminal understands: SGR sequences (ECMA-48 section 8.3.117) and OSC 8 hyperlinks.
/// Every piece ends as plain text again, so that whatever is written next, by whom ever, looks as it should.
struct Painter: Equatable, Sendable {
  /// Whether SGR sequences are written.
  var colors = true
  /// Whether links can be clicked; else they look like any text.
  var hyperlinks = false

  func paint(_ pieces: [StyledText]) -> String {
    pieces.reduce(into: "") { $0 += paint($1) }
  }

  func paint(_ piece: StyledText) -> String {
    var text = piece.text
    if text.isEmpty { return "" }
    if hyperlinks, let link = piece.link { text = "\u{1B}]8;;\(link)\u{1B}\\\(text)\u{1B}]8;;\u{1B}\\" }
    guard colors, !piece.style.isEmpty else { return text }
    return "\u{1B}[\(Self.codes(piece.style))m\(text)\u{1B}[0m"
  }

  private static func codes(_ style: TextStyle) -> String {
    var codes: [String] = []
    if style.contains(.bold) { codes.append("1") }
    if style.contains(.dim) { codes.append("2") }
    if style.contains(.italic) { codes.append("3") }
    if style.contains(.underline) { codes.append("4") }
    if style.contains(.strike) { codes.append("9") }
    if style.contains(.code) { codes.append("36") }
    return codes.joined(separator: ";")
  }
}
