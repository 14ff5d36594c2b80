/// A table while its rows come. Its columns can be no wider than the widest cell, so that all of it is held until it has
/// ended, or has grown so large that the rest goes on with the widths found.
struct TableDraft {
  enum Alignment: Equatable {
    case left
    case center
    case right
  }

  /// Rows, and characters in them, that are held.
  static let maximumRows = 500
  static let maximumCharacters = 64 * 1024

  /// The line that may be a table's head, as it came.
  let head: [Character]
  private let titles: [[StyledText]]
  /// nil: the second line has not come, and there may be no table.
  private(set) var alignments: [Alignment]?
  private(set) var rows = 0
  private var held: [[[StyledText]]] = []
  /// Characters in the rows that are held.
  private(set) var characters = 0
  /// The widths of the columns, once rows were given out.
  private var layout: TableLayout?

  /// `line` begins with a bar at `text`.
  init(_ line: [Character], text: Int) {
    head = line
    titles = Self.cells(line[text...]).map { InlineText.parse($0, base: .bold) }
  }

  /// Takes the line behind the head; false: then there is no table.
  mutating func takeDelimiters(_ line: ArraySlice<Character>) -> Bool {
    let cells = Self.cells(line)
    let found = cells.compactMap(Self.alignment)
    guard !found.isEmpty, found.count == cells.count, found.count == titles.count else { return false }
    alignments = found
    return true
  }

  /// Takes a row, and gives out what must not wait.
  mutating func take(_ line: ArraySlice<Character>, width: Int) -> [StyledText] {
    let columns = titles.count
    let cells = Self.cells(line).prefix(columns).map { InlineText.parse($0) }
    held.append(cells + Array(repeating: [], count: columns - cells.count))
    rows += 1
    characters += line.count
    guard layout != nil || rows >= Self.maximumRows || characters >= Self.maximumCharacters else { return [] }
    return flush(width: width)
  }

  /// Gives out all that is held.
  mutating func flush(width: Int) -> [StyledText] {
    var output: [StyledText] = []
    if layout == nil {
      let made = TableLayout(titles: titles, rows: held, alignments: alignments ?? [], width: width)
      output += made.head()
      layout = made
    }
    for row in held { output += layout?.row(row) ?? [] }
    held = []
    characters = 0
    return output
  }

  /// The cells of a row; a bar behind a backslash is text (GFM section 4.10).
  static func cells(_ line: ArraySlice<Character>) -> [[Character]] {
    var cells: [[Character]] = []
    var cell: [Character] = []
    var isEscaped = false
    for character in line.trimmingBlankCharacters().dropFirst() {
      if isEscaped {
        cell += character == "|" ? ["|"] : ["\\", character]
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "|" {
        cells.append(cell)
        cell = []
      } else {
        cell.append(character)
      }
    }
    if isEscaped { cell.append("\\") }
    if !cell.isEmpty { cells.append(cell) }
    return cells.map { Array($0[...].trimmingBlankCharacters()) }
  }

  private static func alignment(_ cell: [Character]) -> Alignment? {
    let dashes = cell.drop { $0 == ":" }.reversed().drop { $0 == ":" }
    guard !dashes.isEmpty, dashes.allSatisfy({ $0 == "-" }), cell.count - dashes.count <= 2 else { return nil }
    switch (cell.first == ":", cell.last == ":") {
    case (true, true): return .center
    case (false, true): return .right
    default: return .left
    }
  }
}

extension ArraySlice<Character> {
  fileprivate func trimmingBlankCharacters() -> ArraySlice<Character> {
    var slice = self
    while let first = slice.first, first == " " || first == "\t" { slice = slice.dropFirst() }
    while let last = slice.last, last == " " || last == "\t" { slice = slice.dropLast() }
    return slice
  }
}
