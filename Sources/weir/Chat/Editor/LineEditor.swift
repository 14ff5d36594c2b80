/// The line that a person types: text, a cursor, and what each key does to them. It decides and draws nothing.
struct LineEditor: Equatable, Sendable {
  /// What came of a key, besides a changed line.
  enum Outcome: Equatable, Sendable {
    case edited
    /// Nothing changed, and nothing can be done: the terminal may beep.
    case refused
    case submitted(String)
    /// Ctrl-D in an empty line.
    case ended
    /// Tab could mean each of these.
    case choices([String])
    /// Ctrl-L.
    case clearScreen
  }

  /// A search backwards through the history (Ctrl-R).
  struct Search: Equatable, Sendable {
    var text: String
    /// The entry that is shown.
    var match: Int?
    /// Whether no (further) entry has the text.
    var hasFailed = false
    /// The line from before the search.
    fileprivate var before: [Character]
  }

  /// Characters in one message. The server takes 1 MiB.
  static let maximumCharacters = 1024 * 1024
  private static let maximumUndo = 100

  private(set) var text: [Character] = []
  private(set) var cursor = 0
  private(set) var search: Search?
  private(set) var history: InputHistory
  /// What Tab completes.
  private let words: [String]
  private var killed: [Character] = []
  private var undo: [(text: [Character], cursor: Int)] = []
  /// Whether the last key put in a character: a run of them is undone at once.
  private var isTyping = false

  init(history: InputHistory = InputHistory(), words: [String] = []) {
    self.history = history
    self.words = words
  }

  var line: String { String(text) }

  static func == (one: LineEditor, other: LineEditor) -> Bool {
    one.text == other.text && one.cursor == other.cursor && one.search == other.search && one.history == other.history
  }

  /// Begins an empty line.
  mutating func clear() {
    text = []
    cursor = 0
    search = nil
    undo = []
    isTyping = false
  }

  /// Does what a key says.
  mutating func press(_ key: Key) -> Outcome {
    if search != nil, let outcome = searched(key) { return outcome }
    let wasTyping = isTyping
    isTyping = false
    switch key {
    case .text(let typed):
      isTyping = true
      return insert(typed, isUndoable: !wasTyping)
    case .paste(let pasted): return insert(pasted, isUndoable: true)
    case .newLine: return insert("\n", isUndoable: true)
    case .enter: return submit()
    case .tab: return complete()
    case .up, .down: return vertical(key)
    case .control(let letter): return control(letter)
    case .alt(let letter): return alt(letter)
    case .backspace: return erase(to: cursor - 1)
    case .delete: return erase(to: cursor + 1)
    case .deleteWordLeft: return kill(to: wordStart)
    case .left: return move(to: cursor - 1)
    case .right: return move(to: cursor + 1)
    case .wordLeft: return move(to: wordStart)
    case .wordRight: return move(to: wordEnd)
    case .home: return move(to: rowStart)
    case .end: return move(to: rowEnd)
    case .escape: return .edited
    }
  }

  private mutating func control(_ letter: Character) -> Outcome {
    switch letter {
    case "a": return move(to: rowStart)
    case "b": return move(to: cursor - 1)
    case "d":
      if text.isEmpty { return .ended }
      return erase(to: cursor + 1)
    case "e": return move(to: rowEnd)
    case "f": return move(to: cursor + 1)
    case "k": return kill(to: rowEnd == cursor ? cursor + 1 : rowEnd)
    case "l": return .clearScreen
    case "n": return vertical(.down)
    case "p": return vertical(.up)
    case "r":
      search = Search(text: "", match: nil, before: text)
      return .edited
    case "t": return transpose()
    case "u": return kill(to: rowStart)
    case "w": return kill(to: blankStart)
    case "y": return insert(String(killed), isUndoable: true)
    case "_": return takeBack()
    default: return .refused
    }
  }

  private mutating func alt(_ letter: Character) -> Outcome {
    switch letter {
    case "b", "B": move(to: wordStart)
    case "f", "F": move(to: wordEnd)
    case "d", "D": kill(to: wordEnd)
    default: .refused
    }
  }

  // MARK: Changes

  private mutating func remember() {
    undo.append((text, cursor))
    if undo.count > Self.maximumUndo { undo.removeFirst() }
  }

  private mutating func takeBack() -> Outcome {
    guard let last = undo.popLast() else { return .refused }
    (text, cursor) = last
    return .edited
  }

  private mutating func insert(_ piece: String, isUndoable: Bool) -> Outcome {
    let piece = TerminalText.harmless(piece)
    guard !piece.isEmpty, text.count + piece.count <= Self.maximumCharacters else { return .refused }
    if isUndoable { remember() }
    // A mark belongs to the character before it.
    let joined = Array((cursor > 0 ? String(text[cursor - 1]) : "") + piece)
    text.replaceSubrange(max(cursor - 1, 0)..<cursor, with: joined)
    cursor = max(cursor - 1, 0) + joined.count
    return .edited
  }

  private mutating func erase(to target: Int) -> Outcome {
    guard target >= 0, target <= text.count, target != cursor else { return .refused }
    remember()
    let range = min(cursor, target)..<max(cursor, target)
    text.removeSubrange(range)
    cursor = range.lowerBound
    return .edited
  }

  private mutating func kill(to target: Int) -> Outcome {
    guard target >= 0, target <= text.count, target != cursor else { return .refused }
    killed = Array(text[min(cursor, target)..<max(cursor, target)])
    return erase(to: target)
  }

  private mutating func transpose() -> Outcome {
    guard cursor > 0, text.count > 1 else { return .refused }
    remember()
    let right = min(cursor, text.count - 1)
    text.swapAt(right - 1, right)
    cursor = right + 1
    return .edited
  }

  private mutating func submit() -> Outcome {
    let line = self.line
    clear()
    return .submitted(line)
  }

  /// Remembers a line that was submitted. Returns whether it is to be kept.
  mutating func keep(_ line: String) -> Bool {
    history.add(line)
  }

  // MARK: Moves

  private mutating func move(to target: Int) -> Outcome {
    guard target >= 0, target <= text.count, target != cursor else { return .refused }
    cursor = target
    return .edited
  }

  private var rowStart: Int { (text[..<cursor].lastIndex(of: "\n") ?? -1) + 1 }
  private var rowEnd: Int { text[cursor...].firstIndex(of: "\n") ?? text.count }

  private static func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber }

  private var wordStart: Int {
    let end = text[..<cursor].lastIndex(where: Self.isWord) ?? -1
    return (text[..<(end + 1)].lastIndex { !Self.isWord($0) } ?? -1) + 1
  }

  private var wordEnd: Int {
    let start = text[cursor...].firstIndex(where: Self.isWord) ?? text.count
    return text[start...].firstIndex { !Self.isWord($0) } ?? text.count
  }

  private var blankStart: Int {
    let end = text[..<cursor].lastIndex { !$0.isWhitespace } ?? -1
    return (text[..<(end + 1)].lastIndex { $0.isWhitespace } ?? -1) + 1
  }

  /// A row up or down in a message of several, else through the history.
  private mutating func vertical(_ key: Key) -> Outcome {
    let column = cursor - rowStart
    if key == .up, rowStart > 0 {
      let end = rowStart - 1
      let start = (text[..<end].lastIndex(of: "\n") ?? -1) + 1
      return move(to: min(start + column, end))
    }
    if key == .down, rowEnd < text.count {
      let start = rowEnd + 1
      let end = text[start...].firstIndex(of: "\n") ?? text.count
      return move(to: min(start + column, end))
    }
    guard let entry = key == .up ? history.older(than: line) : history.newer() else { return .refused }
    show(entry)
    return .edited
  }

  private mutating func show(_ entry: String) {
    text = Array(entry)
    cursor = text.count
    undo = []
  }

  // MARK: Search

  /// nil: the search has ended with what it found, and the key is to be handled.
  private mutating func searched(_ key: Key) -> Outcome? {
    guard var search else { return nil }
    switch key {
    case .text(let typed):
      search.text += typed
      find(&search, before: (search.match ?? history.entries.count - 1) + 1)
    case .backspace:
      guard !search.text.isEmpty else { return .refused }
      search.text.removeLast()
      search.match = nil
      find(&search, before: history.entries.count)
    case .control("r"): find(&search, before: search.match ?? history.entries.count)
    case .control("g"), .escape:
      text = search.before
      cursor = text.count
      self.search = nil
      return .edited
    default:
      self.search = nil
      if let match = search.match { history.move(to: match, from: String(search.before)) }
      return nil
    }
    self.search = search
    return search.hasFailed ? .refused : .edited
  }

  private mutating func find(_ search: inout Search, before end: Int) {
    guard let match = history.index(of: search.text, before: end) else {
      search.hasFailed = !search.text.isEmpty
      return
    }
    search.match = match
    search.hasFailed = false
    show(history.entries[match])
  }

  // MARK: Completion

  private mutating func complete() -> Outcome {
    // A message's first word, if it is a command.
    guard text.first == "/", cursor == text.count, !text.contains(where: \.isWhitespace) else { return .refused }
    let begun = line
    let matches = words.filter { $0.hasPrefix(begun) }
    guard let first = matches.first else { return .refused }
    if matches.count == 1 { return insert(String(first.dropFirst(begun.count)) + " ", isUndoable: true) }
    let common = matches.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
    if common.count > begun.count { return insert(String(common.dropFirst(begun.count)), isUndoable: true) }
    return .choices(matches)
  }
}

extension String {
  fileprivate func commonPrefix(with other: String) -> String {
    String(zip(self, other).prefix { $0 == $1 }.map(\.0))
  }
}
