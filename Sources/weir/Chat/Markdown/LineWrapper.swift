/// Breaks text into rows as it comes. A word is held back until its end is known, nothing that was given out is ever
/// taken back, so a changed width holds for the next word.
struct LineWrapper {
  /// Cells in a row, at least 1.
  var width: Int
  /// Rows that are finished or begun, to be written.
  private var output: [StyledText] = []
  private var column = 0
  /// Where text begins in this row: nothing is gained by breaking before it.
  private var start = 0
  private var rest: [StyledText] = []
  private var gap: [StyledText] = []
  private var word: [StyledText] = []
  private var wordWidth = 0
  private var lastOfWord: Character?
  /// In a word that is longer than a row. The terminal breaks it, so that an address can still be copied whole.
  private var isOverlong = false

  init(width: Int) {
    self.width = max(width, 1)
  }

  /// Cells of the word that has not ended, and of the blanks before it.
  var heldCells: Int { wordWidth + gap.cells }

  /// Begins a line: `first` stands before it, `rest` before the rows that it goes on with.
  mutating func begin(first: [StyledText], rest: [StyledText]) {
    output += first
    column = first.cells
    start = column
    self.rest = rest
  }

  /// Adds text of the line.
  mutating func add(_ piece: StyledText) {
    for character in piece.text {
      if character == " " || character == "\t" {
        flushWord()
        isOverlong = false
        gap.add(" ", piece.style, link: piece.link)
      } else {
        add(character, piece)
      }
    }
  }

  /// Something else was written, and a row begun: what comes next begins in its first cell.
  mutating func wasInterrupted() {
    column = 0
    start = 0
  }

  /// Ends the line.
  mutating func end() {
    flushWord()
    gap = []
    isOverlong = false
    output.add("\n")
    column = 0
    start = 0
  }

  /// What can be written now.
  mutating func take() -> [StyledText] {
    defer { output = [] }
    return output
  }

  private mutating func add(_ character: Character, _ piece: StyledText) {
    let cells = CellWidth.of(character)
    if let last = lastOfWord, !Self.staysWith(character), cells == 2 || CellWidth.of(last) == 2, last != "\u{A0}" {
      // Between ideographs a row may end anywhere, but not before what closes a sentence.
      flushWord()
      isOverlong = false
    }
    if isOverlong {
      put(String(character), cells: cells, piece)
      return
    }
    word.add(String(character), piece.style, link: piece.link)
    wordWidth += cells
    lastOfWord = character
    if wordWidth > max(width - rest.cells, 1) {
      flushWord()
      isOverlong = true
    }
  }

  private mutating func flushWord() {
    lastOfWord = nil
    if word.isEmpty { return }
    let gapWidth = gap.cells
    if column > start, column + gapWidth + wordWidth > width {
      output.add("\n")
      output += rest
      column = rest.cells
      start = column
    } else if column > start {
      for piece in gap { put(piece.text, cells: CellWidth.of(piece.text), piece) }
    }
    gap = []
    for piece in word { put(piece.text, cells: CellWidth.of(piece.text), piece) }
    word = []
    wordWidth = 0
  }

  private mutating func put(_ text: String, cells: Int, _ piece: StyledText) {
    output.add(text, piece.style, link: piece.link)
    column += cells
    // The terminal went on in the next row.
    if column > width { column = (column - 1) % width + 1 }
  }

  private static func staysWith(_ character: Character) -> Bool {
    switch character {
    case ".", ",", ";", ":", "!", "?", ")", "]", "}", "%", "'", "\"", "”", "’", "…", "、", "。", "，", "．", "）", "」",
      "』", "】", "〕", "》", "〉", "！", "？", "：", "；", "・", "ー":
      return true
    default: return false
    }
  }
}
