/// Rows at the bottom of what is shown that will be taken back: the line being typed, or what is waited for.
struct LiveFrame: Equatable, Sendable {
  /// Each fits into the width that the frame was made for.
  var rows: [[StyledText]]
  var cursorRow: Int
  var cursorColumn: Int

  /// One row, with the cursor behind it.
  init(status: [StyledText], width: Int) {
    let row = Self.cut(status, to: max(width - 1, 1))
    rows = [row]
    cursorRow = 0
    cursorColumn = row.cells
  }

  /// The line being typed, behind `prompt`. Of a text with more than `height` rows those around the cursor are shown.
  init(_ editor: LineEditor, prompt: String, width: Int, height: Int) {
    let width = max(width, 2)
    var head = prompt
    if let search = editor.search {
      head = "\(search.hasFailed ? "not found" : "search"): \(search.text)  "
    }
    rows = [Self.cut([StyledText(head, .dim)], to: width - 1)]
    var column = rows[0].cells
    let indent = String(repeating: " ", count: min(CellWidth.of(prompt), width / 2))
    cursorRow = 0
    cursorColumn = column
    for index in 0...editor.text.count {
      let isEnd = index == editor.text.count
      let character = isEnd ? " " : editor.text[index]
      // The end takes a cell too, so that the cursor has a place.
      let cells = max(CellWidth.of(character), character == "\t" ? 1 : 0)
      if character != "\n", column + cells > width {
        rows.append([StyledText(indent)])
        column = indent.count
      }
      if index == editor.cursor { (cursorRow, cursorColumn) = (rows.count - 1, column) }
      if isEnd { break }
      if character == "\n" {
        rows.append([StyledText(indent)])
        column = indent.count
      } else {
        rows[rows.count - 1].add(character == "\t" ? " " : String(character))
        column += cells
      }
    }
    let height = max(height, 1)
    if rows.count > height {
      let first = min(max(cursorRow - height / 2, 0), rows.count - height)
      rows = Array(rows[first..<(first + height)])
      cursorRow -= first
    }
  }

  /// How many rows above the cursor's the frame takes once the terminal has `width` cells: narrower terminals break rows
  /// that were whole.
  func rowsAbove(in width: Int) -> Int {
    let width = max(width, 1)
    return rows[..<cursorRow].reduce(cursorColumn / width) { $0 + max(($1.cells + width - 1) / width, 1) }
  }

  private static func cut(_ row: [StyledText], to width: Int) -> [StyledText] {
    if row.cells <= width { return row }
    var result: [StyledText] = []
    var column = 0
    for piece in row {
      for character in piece.text {
        let cells = CellWidth.of(character)
        if column + cells > width - 1 {
          result.add("…", piece.style)
          return result
        }
        result.add(String(character), piece.style)
        column += cells
      }
    }
    return result
  }
}
