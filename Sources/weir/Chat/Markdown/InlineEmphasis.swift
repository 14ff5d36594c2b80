/// Emphasis: `*em*`, `**strong**`, `_em_`, `__strong__`, `~~struck~~` (CommonMark 0.31.2 section 6.2 and the GFM
/// extension), with one change: the punctuation of ideographic scripts does not keep a mark from closing, because in
/// them no blank stands beside it.
enum InlineEmphasis {
  enum Mark: Equatable {
    case opens(Int, TextStyle)
    case closes(Int)
  }

  enum Found {
    case none
    case unknown
    /// All that is opened from here on is closed before `end`.
    case region(end: Int, marks: [Int: Mark])
  }

  private struct Opener {
    var character: Character
    var index: Int
    var count: Int
  }

  static func isMark(_ character: Character) -> Bool {
    character == "*" || character == "_" || character == "~"
  }

  /// The emphasis that begins at `index`.
  static func find(in scan: InlineScan, at index: Int, _ reach: InlineScan.Reach) -> Found {
    guard isMark(scan.characters[index]) else { return .none }
    var openers: [Opener] = []
    var marks: [Int: Mark] = [:]
    var at = index
    while let character = scan.character(at, reach) {
      guard isMark(character) else {
        switch InlineAtom.find(in: scan, at: at, reach) {
        case .none: at += 1
        case .unknown: return .unknown
        case .escaped(let end), .code(_, let end), .address(_, let end), .link(_, _, _, let end): at = end
        }
        continue
      }
      guard let end = scan.endOfRun(from: at, reach) else { return .unknown }
      let can = flanks(scan, at, end, reach)
      let isTaken = character == "~" ? end - at == 2 : end - at <= 3
      var rest = isTaken ? end - at : 0
      if can.close {
        while rest > 0, let partner = partner(of: character, rest, in: openers) {
          openers.removeSubrange((partner + 1)...)
          let count = min(openers[partner].count, rest)
          openers[partner].count -= count
          marks[openers[partner].index + openers[partner].count] = .opens(count, style(character, count))
          marks[end - rest] = .closes(count)
          rest -= count
          if openers[partner].count == 0 { openers.removeLast() }
          if openers.isEmpty { return .region(end: end - rest, marks: marks) }
        }
      }
      if rest > 0, can.open { openers.append(Opener(character: character, index: end - rest, count: rest)) }
      // What does not open here at once opens nothing.
      if openers.isEmpty { return .none }
      at = end
    }
    return reach.isKnown ? .none : .unknown
  }

  /// The last opener of the same length, or the last one at all.
  private static func partner(of character: Character, _ count: Int, in openers: [Opener]) -> Int? {
    openers.lastIndex { $0.character == character && $0.count == count }
      ?? openers.lastIndex { $0.character == character }
  }

  private static func style(_ character: Character, _ count: Int) -> TextStyle {
    if character == "~" { return .strike }
    return count == 1 ? .italic : (count == 2 ? .bold : [.bold, .italic])
  }

  private static func flanks(_ scan: InlineScan, _ start: Int, _ end: Int, _ reach: InlineScan.Reach)
    -> (open: Bool, close: Bool)
  {
    let before = Side(scan.character(before: start))
    let after = Side(scan.character(end, reach))
    let left = after != .blank && (after != .punctuation || before != .letter)
    let right = before != .blank && (before != .punctuation || after != .letter)
    guard scan.characters[start] == "_" else { return (left, right) }
    return (left && (!right || before == .punctuation), right && (!left || after == .punctuation))
  }

  private enum Side {
    case blank
    case punctuation
    case letter

    init(_ character: Character?) {
      guard let character, !character.isWhitespace else {
        self = .blank
        return
      }
      self = (character.isPunctuation || character.isSymbol) && CellWidth.of(character) == 1 ? .punctuation : .letter
    }
  }
}
