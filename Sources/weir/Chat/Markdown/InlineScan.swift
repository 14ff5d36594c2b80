/// One look at the characters of a line that have come so far. Whether something is Markdown depends on no more than the
/// `window` behind its first character: so a line looks the same in whatever pieces it comes.
struct InlineScan {
  /// Characters within which what was opened must be closed.
  static let window = 256

  /// What is decided.
  private(set) var output: [StyledText] = []
  /// The first character that is not.
  private(set) var position = 0
  let characters: [Character]
  private let previous: Character?
  private let isComplete: Bool
  /// Where the last `](` is: without one ahead a bracket is looked at no further.
  private let lastLink: Int

  /// How far a construct may reach, and whether all of that has come.
  struct Reach {
    var end: Int
    var isKnown: Bool
  }

  init(_ characters: [Character], previous: Character?, isComplete: Bool) {
    self.characters = characters
    self.previous = previous
    self.isComplete = isComplete
    lastLink = characters.indices.dropLast().last { characters[$0] == "]" && characters[$0 + 1] == "(" } ?? -1
  }

  /// Whether a link can begin at `index`, as far as is known.
  func mayLink(from index: Int) -> Bool { index < lastLink }

  /// Decides as much as can be.
  mutating func run(base: TextStyle) {
    while position < characters.count {
      let reach = reach(from: position)
      switch InlineEmphasis.find(in: self, at: position, reach) {
      case .unknown: return
      case .region(let end, let marks):
        render(position..<end, marks, base, link: nil)
        position = end
        continue
      case .none: break
      }
      guard let next = put(at: position, reach, base, link: nil) else { return }
      position = next
    }
  }

  /// The character at `index`, if a construct that reaches so far may look at it.
  func character(_ index: Int, _ reach: Reach) -> Character? {
    index < min(reach.end, characters.count) ? characters[index] : nil
  }

  /// The character before `index`.
  func character(before index: Int) -> Character? {
    index > 0 ? characters[index - 1] : previous
  }

  /// The first index behind the run of the character at `start`; nil: more of it may come.
  func endOfRun(from start: Int, _ reach: Reach) -> Int? {
    let character = characters[start]
    var end = start
    while self.character(end, reach) == character { end += 1 }
    return end < min(reach.end, characters.count) || reach.isKnown ? end : nil
  }

  private func reach(from start: Int) -> Reach {
    let end = start + Self.window
    if isComplete, characters.count <= end { return Reach(end: characters.count, isKnown: true) }
    return Reach(end: end, isKnown: characters.count >= end)
  }

  /// Gives out the one thing at `index` and returns what is behind it; nil: not certain yet.
  private mutating func put(at index: Int, _ reach: Reach, _ style: TextStyle, link: String?) -> Int? {
    switch InlineAtom.find(in: self, at: index, reach) {
    case .unknown: return nil
    case .none:
      var end = index + 1
      // A run of `*` or of backticks is all literal, or not at all.
      if InlineEmphasis.isMark(characters[index]) || characters[index] == "`" {
        guard let run = endOfRun(from: index, reach) else { return nil }
        end = run
      }
      output.add(String(characters[index..<end]), style, link: link)
      return end
    case .escaped(let end):
      output.add(String(characters[end - 1]), style, link: link)
      return end
    case .code(let text, let end):
      output.add(Self.trimmed(text, in: characters), style.union(.code), link: link)
      return end
    case .address(let range, let end):
      let text = String(characters[range])
      output.add(text, style.union(.underline), link: link ?? LinkTarget.safe(text))
      return end
    case .link(let text, let address, let isImage, let end):
      putLink(text, address, isImage: isImage, style, outer: link)
      return end
    }
  }

  private mutating func putLink(
    _ text: Range<Int>, _ address: Range<Int>, isImage: Bool, _ style: TextStyle, outer: String?
  ) {
    let target = String(characters[address])
    let link = outer ?? LinkTarget.safe(target)
    if isImage { output.add("[image: ", style.union(.dim), link: link) }
    var inner = InlineScan(Array(characters[text]), previous: nil, isComplete: true)
    inner.run(base: style.union(.underline))
    // What is inside of a link leads where the link leads.
    for piece in inner.output { output.add(piece.text, piece.style, link: link) }
    if isImage { output.add("]", style.union(.dim), link: link) }
    // Where it leads is always seen unless it is what is said: a terminal need not show it.
    if inner.output.plainText != target { output.add(" (\(target))", style.union(.dim), link: link) }
  }

  /// Gives out characters whose emphasis is known.
  private mutating func render(
    _ range: Range<Int>, _ marks: [Int: InlineEmphasis.Mark], _ base: TextStyle, link: String?
  ) {
    let reach = Reach(end: range.upperBound, isKnown: true)
    var styles = [base]
    var index = range.lowerBound
    while index < range.upperBound {
      switch marks[index] {
      case .opens(let count, let style):
        styles.append((styles.last ?? base).union(style))
        index += count
      case .closes(let count):
        if styles.count > 1 { styles.removeLast() }
        index += count
      case nil:
        let style = styles.last ?? base
        if InlineEmphasis.isMark(characters[index]) {
          output.add(String(characters[index]), style, link: link)
          index += 1
        } else {
          // All of the range is known, so there is an answer.
          index = put(at: index, reach, style, link: link) ?? range.upperBound
        }
      }
    }
  }

  /// A code span without the one blank at each end that keeps backticks apart (CommonMark 0.31.2 section 6.1).
  private static func trimmed(_ range: Range<Int>, in characters: [Character]) -> String {
    let text = characters[range]
    guard text.count > 2, text.first == " ", text.last == " ", text.contains(where: { $0 != " " }) else {
      return String(text)
    }
    return String(text.dropFirst().dropLast())
  }
}
