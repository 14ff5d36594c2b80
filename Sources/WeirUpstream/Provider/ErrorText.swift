/// Makes a short sentence for people of what a provider, or the proxy before it, sent in its place.
enum ErrorText {
  /// The most of a body that is looked at.
  static let maximumBodyBytes = 4096
  private static let maximumBytes = 600

  /// A text without control characters, tags and runs of white space, at most 600 bytes, with `secret` taken out.
  static func clean(_ text: String, secret: String = "") -> String {
    var cleaned = ""
    var isSpace = true
    for scalar in text.unicodeScalars {
      let isInvisible = scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
      if isInvisible || scalar.properties.isWhitespace {
        if !isSpace { cleaned.unicodeScalars.append(" ") }
        isSpace = true
      } else {
        cleaned.unicodeScalars.append(scalar)
        isSpace = false
      }
    }
    // Taken out before the text is shortened: half a key is still a secret.
    if secret.utf8.count >= 4 { cleaned = cleaned.replacing(secret, with: "<key>") }
    while cleaned.hasSuffix(" ") { cleaned.removeLast() }
    return shorten(cleaned)
  }

  private static func shorten(_ text: String) -> String {
    guard text.utf8.count > maximumBytes else { return text }
    var short = ""
    var bytes = 0
    for scalar in text.unicodeScalars {
      bytes += UTF8.width(scalar)
      if bytes > maximumBytes { break }
      short.unicodeScalars.append(scalar)
    }
    return short + "…"
  }

  /// What an HTML page says: its title if it has one, else its text.
  static func fromHTML(_ page: String) -> String {
    if let start = page.firstRange(of: "<title>"), let end = page[start.upperBound...].firstRange(of: "</title>") {
      return String(page[start.upperBound..<end.lowerBound])
    }
    var text = ""
    var isTag = false
    for character in page {
      switch character {
      case "<": isTag = true
      case ">":
        isTag = false
        text.append(" ")
      default: if !isTag { text.append(character) }
      }
    }
    return text
  }
}
