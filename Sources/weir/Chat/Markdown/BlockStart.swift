/// What kind of line a line is, found out from as few of its characters as can be.
struct BlockStart: Equatable {
  enum Kind: Equatable {
    case blank
    case paragraph
    case heading(level: Int)
    case fence(Fence)
    case rule
    /// A row of a table, if the lines around it say so too.
    case row
  }

  /// How a block of code was opened, and so how it is closed.
  struct Fence: Equatable {
    var character: Character
    var count: Int
    /// Blanks before it: so many are taken from each of its lines.
    var indent: Int
    /// What it says of the language.
    var info: String
    /// The quotes that it stands in.
    var quotes: Int
  }

  /// What stands before the text, from left to right.
  enum Container: Equatable {
    case indent(Int)
    case quote
    /// A bullet or a number.
    case item(String)
  }

  /// Characters of a line that are looked at; a line that is undecided until then is a paragraph.
  static let maximumHeld = 4_096
  /// Quotes and items in one another; what stands behind them is text.
  static let maximumDepth = 8
  /// Blanks at the beginning of a line that are shown.
  static let maximumIndent = 24

  var kind: Kind
  var containers: [Container] = []
  /// The first character of the text.
  var text = 0
  /// The first character behind the text.
  var end: Int?

  /// Reads the first characters of a line; nil: more are needed.
  init?(_ line: [Character], isComplete: Bool) {
    self.init(kind: .paragraph)
    let isLong = line.count > Self.maximumHeld
    // The same characters decide, whether the rest of a long line has come or not.
    var scan = Scan(line: isLong ? Array(line[..<Self.maximumHeld]) : line, isComplete: isComplete && !isLong)
    guard let kind = scan.block() else {
      if isLong { return }
      return nil
    }
    self.kind = kind
    containers = scan.containers
    text = scan.at
    end = scan.end
  }

  private init(kind: Kind) {
    self.kind = kind
  }

  /// Where reading stands.
  private struct Scan {
    let line: [Character]
    let isComplete: Bool
    var at = 0
    var end: Int?
    var containers: [Container] = []

    /// The character `offset` behind this one; nil: the line ends before.
    private func peek(_ offset: Int = 0) -> Character? {
      at + offset < line.count ? line[at + offset] : nil
    }

    /// The kind of the line; nil: more must come.
    mutating func block() -> Kind? {
      while true {
        indent()
        guard let first = peek() else { return isComplete ? .blank : nil }
        if containers.count >= 2 * BlockStart.maximumDepth { return .paragraph }
        switch first {
        case ">":
          guard peek(1) != nil || isComplete else { return nil }
          containers.append(.quote)
          at += peek(1) == " " ? 2 : 1
          continue
        case "#": return heading()
        case "`", "~": return fence(first)
        case "|": return isComplete ? .row : nil
        case "-", "*", "_", "+":
          switch dashes(first) {
          case .unknown: return nil
          case .kind(let kind): return kind
          case .item: if !item("•", markerLength: 1) { return nil }
          }
        case "0"..."9" where first.isASCII:
          switch number() {
          case .unknown: return nil
          case .kind(let kind): return kind
          case .item(let length):
            if !item(String(line[at..<(at + length)]), markerLength: length) { return nil }
          }
        default: return .paragraph
        }
      }
    }

    private mutating func indent() {
      var width = 0
      while let character = peek(), character == " " || character == "\t" {
        width += character == " " ? 1 : 4
        at += 1
      }
      if width > 0, peek() != nil { containers.append(.indent(min(width, BlockStart.maximumIndent))) }
    }

    /// Takes a marker with the blank behind it, and the box of a task. False: more must come.
    private mutating func item(_ marker: String, markerLength: Int) -> Bool {
      let before = at
      at += markerLength + 1
      var shown = marker
      if peek() == "[" {
        guard isComplete || peek(3) != nil else {
          at = before
          return false
        }
        if let state = peek(1), peek(2) == "]", peek(3) == " ", " xX".contains(state) {
          shown = state == " " ? "☐" : "☑"
          at += 4
        }
      }
      containers.append(.item(shown))
      return true
    }

    private mutating func heading() -> Kind? {
      var level = 0
      while peek(level) == "#" { level += 1 }
      if level > 6 { return .paragraph }
      if let next = peek(level), next != " " { return .paragraph }
      return isComplete ? heading(level) : nil
    }

    /// CommonMark 0.31.2 section 4.2: marks at the end are no part of it.
    private mutating func heading(_ level: Int) -> Kind {
      at += level
      while peek() == " " { at += 1 }
      var last = line.count
      while last > at, line[last - 1] == " " { last -= 1 }
      var marks = last
      while marks > at, line[marks - 1] == "#" { marks -= 1 }
      if marks == at || line[marks - 1] == " " { last = marks }
      while last > at, line[last - 1] == " " { last -= 1 }
      end = last
      return .heading(level: level)
    }

    private mutating func fence(_ character: Character) -> Kind? {
      var count = 0
      while peek(count) == character { count += 1 }
      if count < 3 { return peek(count) == nil && !isComplete ? nil : .paragraph }
      guard isComplete else { return nil }
      let info = line[(at + count)...].filter { $0 != "\t" }
      // A row of backticks with more behind them is code in a line.
      if character == "`", info.contains("`") { return .paragraph }
      var indent = 0
      if case .indent(let width) = containers.last { indent = width }
      let quotes = containers.filter { $0 == .quote }.count
      let fence = Fence(
        character: character, count: count, indent: indent, info: String(info).trimmingBlanks(), quotes: quotes)
      return .fence(fence)
    }

    private enum Dashes {
      case unknown
      case kind(Kind)
      case item
    }

    /// A rule (`---`, `* * *`), an item (`- text`), or text (`**strong**`).
    private func dashes(_ character: Character) -> Dashes {
      var marks = 0
      var offset = 0
      while let next = peek(offset), next == character || next == " " || next == "\t" {
        if next == character { marks += 1 }
        offset += 1
      }
      let isItem = peek(1) == " " && character != "_"
      if peek(offset) == nil {
        guard isComplete else { return .unknown }
        if marks >= 3, character != "+" { return .kind(.rule) }
      }
      return isItem ? .item : .kind(.paragraph)
    }

    private enum Number {
      case unknown
      case kind(Kind)
      case item(length: Int)
    }

    private func number() -> Number {
      var length = 0
      while length < 9, let digit = peek(length), digit.isASCII, digit.isNumber { length += 1 }
      guard let point = peek(length) else { return isComplete ? .kind(.paragraph) : .unknown }
      guard point == "." || point == ")" else { return .kind(.paragraph) }
      guard let blank = peek(length + 1) else { return isComplete ? .kind(.paragraph) : .unknown }
      return blank == " " ? .item(length: length + 1) : .kind(.paragraph)
    }
  }
}
