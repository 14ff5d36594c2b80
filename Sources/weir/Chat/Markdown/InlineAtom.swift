/// What is one thing in a line: nothing in it opens or closes emphasis outside of it.
enum InlineAtom {
  enum Found: Equatable {
    case none
    /// More of the line must come first.
    case unknown
    /// A backslash and a character that is meant as it stands.
    case escaped(end: Int)
    case code(Range<Int>, end: Int)
    /// An address that is its own text.
    case address(Range<Int>, end: Int)
    case link(text: Range<Int>, address: Range<Int>, isImage: Bool, end: Int)
  }

  /// What begins at `index`.
  static func find(in scan: InlineScan, at index: Int, _ reach: InlineScan.Reach) -> Found {
    switch scan.characters[index] {
    case "\\": escape(scan, index, reach)
    case "`": code(scan, index, reach)
    case "[": link(scan, index, reach)
    case "!":
      switch scan.character(index + 1, reach) {
      case nil: reach.isKnown ? .none : .unknown
      case "[": link(scan, index + 1, reach, isImage: true)
      default: .none
      }
    case "<": bracketedAddress(scan, index, reach)
    case "h": address(scan, index, reach)
    default: .none
    }
  }

  /// Brackets and braces keep their backslash: they are mostly mathematics, which is left as text.
  private static func escape(_ scan: InlineScan, _ index: Int, _ reach: InlineScan.Reach) -> Found {
    guard let next = scan.character(index + 1, reach) else { return reach.isKnown ? .none : .unknown }
    return "\\`*_~#|<>+-.!$\"'&".contains(next) ? .escaped(end: index + 2) : .none
  }

  /// CommonMark 0.31.2 section 6.1: as many backticks close as have opened.
  private static func code(_ scan: InlineScan, _ index: Int, _ reach: InlineScan.Reach) -> Found {
    guard let begin = scan.endOfRun(from: index, reach) else { return .unknown }
    var at = begin
    while let character = scan.character(at, reach) {
      guard character == "`" else {
        at += 1
        continue
      }
      guard let end = scan.endOfRun(from: at, reach) else { return .unknown }
      if end - at == begin - index { return .code(begin..<at, end: end) }
      at = end
    }
    return reach.isKnown ? .none : .unknown
  }

  /// Section 6.3, inline links with an optional title, which is not shown.
  private static func link(_ scan: InlineScan, _ index: Int, _ reach: InlineScan.Reach, isImage: Bool = false) -> Found
  {
    guard scan.mayLink(from: index) else { return noLinkAhead(scan, index, reach) }
    let end = closing(scan, index, reach, opens: "[", closes: "]")
    guard case .at(let bracket) = end else { return end == .none ? .none : .unknown }
    guard let next = scan.character(bracket + 1, reach) else { return reach.isKnown ? .none : .unknown }
    guard next == "(" else { return .none }
    let parenthesis = closing(scan, bracket + 1, reach, opens: "(", closes: ")")
    guard case .at(let close) = parenthesis else { return parenthesis == .none ? .none : .unknown }
    var inside = (bracket + 2)..<close
    while let first = inside.first, scan.characters[first] == " " { inside = (first + 1)..<close }
    if let first = inside.first, scan.characters[first] == "<" {
      guard let angle = inside.first(where: { scan.characters[$0] == ">" }) else { return .none }
      inside = (first + 1)..<angle
    } else if let blank = inside.first(where: { scan.characters[$0] == " " }) {
      inside = inside.lowerBound..<blank
    }
    if inside.isEmpty || bracket == index + 1 && !isImage { return .none }
    return .link(text: (index + 1)..<bracket, address: inside, isImage: isImage, end: close + 1)
  }

  /// Without a `](` there is none; but the last character known may be the first of one that comes, and a bracket may be
  /// closed already by another that nothing follows yet.
  private static func noLinkAhead(_ scan: InlineScan, _ index: Int, _ reach: InlineScan.Reach) -> Found {
    if reach.isKnown { return .none }
    let closing = closing(scan, index, reach, opens: "[", closes: "]")
    guard case .at(let bracket) = closing else { return closing == .none ? .none : .unknown }
    return scan.character(bracket + 1, reach) == nil ? .unknown : .none
  }

  private enum Closing: Equatable {
    case at(Int)
    case none
    case unknown
  }

  private static func closing(
    _ scan: InlineScan, _ index: Int, _ reach: InlineScan.Reach, opens: Character, closes: Character
  ) -> Closing {
    var depth = 0
    var at = index
    while let character = scan.character(at, reach) {
      switch character {
      case "\\":
        at += 1
      case "`" where opens == "[":
        switch code(scan, at, reach) {
        case .code(_, let end): at = end - 1
        case .unknown: return .unknown
        default: break
        }
      case opens: depth += 1
      case closes:
        depth -= 1
        if depth == 0 { return .at(at) }
      default: break
      }
      at += 1
    }
    return reach.isKnown ? .none : .unknown
  }

  /// Section 6.5, for what can be clicked on.
  private static func bracketedAddress(_ scan: InlineScan, _ index: Int, _ reach: InlineScan.Reach) -> Found {
    var at = index + 1
    while let character = scan.character(at, reach) {
      if character == ">" {
        return LinkTarget.safe(String(scan.characters[(index + 1)..<at])) == nil
          ? .none : .address((index + 1)..<at, end: at + 1)
      }
      if character == " " || character == "<" { return .none }
      at += 1
    }
    return reach.isKnown ? .none : .unknown
  }

  /// A bare address, as GitHub Flavored Markdown has it: its underscores are no emphasis.
  private static func address(_ scan: InlineScan, _ index: Int, _ reach: InlineScan.Reach) -> Found {
    if let before = scan.character(before: index), before.isLetter || before.isNumber { return .none }
    let schemes = [Array("https://"), Array("http://")]
    var at = index
    var alive = schemes
    while true {
      if alive.contains(where: { $0.count == at - index }) { break }
      guard let character = scan.character(at, reach) else { return reach.isKnown ? .none : .unknown }
      alive = alive.filter { $0[at - index] == character }
      if alive.isEmpty { return .none }
      at += 1
    }
    let begin = at
    var depth = 0
    scanning: while let character = scan.character(at, reach) {
      switch character {
      case "(": depth += 1
      case ")":
        if depth == 0 { break scanning }
        depth -= 1
      case " ", "\t", "<", ">", "`", "\"", "|", "*", "[", "]": break scanning
      default: if !character.isASCII { break scanning }
      }
      at += 1
    }
    if scan.character(at, reach) == nil, !reach.isKnown { return .unknown }
    while at > begin, ".,;:!?'_~".contains(scan.characters[at - 1]) { at -= 1 }
    return at > begin ? .address(index..<at, end: at) : .none
  }
}
