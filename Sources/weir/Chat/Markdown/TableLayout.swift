/// The columns of a table. Where they do not fit side by side the widest ones give way and their cells take more rows; where
/// not even narrow ones fit, each row becomes a list.
struct TableLayout {
  /// Cells that a column keeps.
  static let minimumColumn = 6
  private static let bar = StyledText(" │ ", .dim)

  private let titles: [[StyledText]]
  private let alignments: [TableDraft.Alignment]
  private let width: Int
  /// nil: the columns do not fit.
  private let columns: [Int]?

  init(titles: [[StyledText]], rows: [[[StyledText]]], alignments: [TableDraft.Alignment], width: Int) {
    self.titles = titles
    self.alignments = alignments
    self.width = max(width, 1)
    let natural = titles.indices.map { column in
      max(titles[column].cells, rows.map { $0[column].cells }.max() ?? 0, 1)
    }
    columns = Self.fit(natural, into: self.width - Self.bar.cells * (titles.count - 1))
  }

  /// The titles and the line under them.
  func head() -> [StyledText] {
    guard let columns else { return [] }
    var line = row(titles)
    line.add(columns.map { String(repeating: "─", count: $0) }.joined(separator: "─┼─"), .dim)
    line.add("\n")
    return line
  }

  /// One row, of one or more lines.
  func row(_ cells: [[StyledText]]) -> [StyledText] {
    guard let columns else { return list(cells) }
    let wrapped = zip(cells, columns).map { Self.wrap($0, width: $1) }
    var output: [StyledText] = []
    for line in 0..<(wrapped.map(\.count).max() ?? 0) {
      for (column, lines) in wrapped.enumerated() {
        if column > 0 { output.append(Self.bar) }
        let text = line < lines.count ? lines[line] : []
        let room = max(columns[column] - text.cells, 0)
        let left = Self.padding(alignments[column], room)
        output.add(String(repeating: " ", count: left))
        output += text
        if column < wrapped.count - 1 { output.add(String(repeating: " ", count: room - left)) }
      }
      output.add("\n")
    }
    return output
  }

  private func list(_ cells: [[StyledText]]) -> [StyledText] {
    var wrapper = LineWrapper(width: width)
    for (title, cell) in zip(titles, cells) where !cell.isEmpty {
      wrapper.begin(first: [], rest: [StyledText("  ")])
      for piece in title + [StyledText(": ", .bold)] + cell { wrapper.add(piece) }
      wrapper.end()
    }
    return wrapper.take() + [StyledText(String(repeating: "─", count: min(width, 8)) + "\n", .dim)]
  }

  private static func padding(_ alignment: TableDraft.Alignment, _ room: Int) -> Int {
    switch alignment {
    case .left: 0
    case .center: room / 2
    case .right: room
    }
  }

  /// Takes from the widest column until all fit; nil: they cannot.
  private static func fit(_ natural: [Int], into width: Int) -> [Int]? {
    var columns = natural
    var excess = columns.reduce(0, +) - width
    while excess > 0 {
      guard let widest = columns.indices.max(by: { columns[$0] < columns[$1] }) else { return nil }
      let second = columns.indices.filter { $0 != widest }.map { columns[$0] }.max() ?? 0
      let floor = max(min(second, columns[widest] - 1), minimumColumn)
      if columns[widest] <= floor { return nil }
      let taken = min(excess, columns[widest] - floor)
      columns[widest] -= taken
      excess -= taken
    }
    return columns
  }

  /// The lines of a cell.
  private static func wrap(_ cell: [StyledText], width: Int) -> [[StyledText]] {
    if cell.cells <= width { return [cell] }
    var lines: [[StyledText]] = [[]]
    var column = 0
    var wrapper = LineWrapper(width: width)
    wrapper.begin(first: [], rest: [])
    for piece in cell { wrapper.add(piece) }
    wrapper.end()
    for piece in wrapper.take() {
      for character in piece.text {
        let cells = CellWidth.of(character)
        // A word that is longer than the column is cut here: no terminal does it for a cell.
        if character == "\n" || column + cells > width {
          lines.append([])
          column = 0
        }
        if character == "\n" { continue }
        lines[lines.count - 1].add(String(character), piece.style, link: piece.link)
        column += cells
      }
    }
    while lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}

extension StyledText {
  fileprivate var cells: Int { CellWidth.of(text) }
}
