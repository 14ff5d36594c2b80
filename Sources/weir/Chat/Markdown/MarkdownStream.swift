/// Markdown as rows of styled text, while it comes. What was given out is never changed: a line is looked at until its
/// kind is known, a word until it has ended, a table until all of it is there. So each piece costs what it is long, not
/// what the answer is, and any terminal, pager or recording shows the same.
///
/// The dialect is what models write: CommonMark's blocks line by line, GFM's tables (that begin with a bar), tasks and
/// strikes. A line feed stays one. Mathematics and HTML are left as text.
struct MarkdownStream {
  private enum Line {
    /// The kind of line is not known yet.
    case starting([Character])
    case text(InlineText)
    case code
  }

  /// Cells in a row; a new value holds for what comes next.
  var width: Int {
    didSet { wrapper.width = max(width, 1) }
  }
  private var filter = TextFilter()
  /// The last character that came: the next scalar may belong to it.
  private var last = ""
  private var line: Line = .starting([])
  private var fence: BlockStart.Fence?
  private var table: TableDraft?
  private var wrapper: LineWrapper
  private var output: [StyledText] = []
  /// Blank lines are shown once text follows them.
  private var owesBlank = false
  private var hasOutput = false

  init(width: Int) {
    self.width = max(width, 1)
    wrapper = LineWrapper(width: width)
  }

  /// Rows of a table that wait for its end; 0: nothing that a reader would wonder about.
  var heldRows: Int { table?.alignments == nil ? 0 : table?.rows ?? 0 }

  /// Characters that wait for what follows them; bounded, whatever comes.
  var heldCharacters: Int {
    switch line {
    case .starting(let held): held.count + (table?.characters ?? 0)
    case .text(let text): text.heldCharacters + wrapper.heldCells
    case .code: 0
    }
  }

  /// Takes the next piece of the answer.
  mutating func add(_ piece: String) -> [StyledText] {
    var characters = Array(last + filter.pass(piece))
    last = ""
    if let end = characters.last, end != "\n" {
      characters.removeLast()
      last = String(end)
    }
    take(characters[...])
    return give()
  }

  /// Something else was written in the middle of a row, and a new one begun.
  mutating func wasInterrupted() {
    wrapper.wasInterrupted()
  }

  /// The answer has ended, or is interrupted by something else; what comes next begins anew.
  mutating func finish() -> [StyledText] {
    take(Array(last)[...])
    last = ""
    if case .starting(let held) = line, held.isEmpty {
      // Nothing stands in this line.
    } else {
      take(["\n"])
    }
    flushTable()
    if let fence { closeCode(fence) }
    self = MarkdownStream(width: width, output: output)
    return give()
  }

  private init(width: Int, output: [StyledText]) {
    self.init(width: width)
    self.output = output
  }

  private mutating func give() -> [StyledText] {
    defer { output = [] }
    return output
  }

  private mutating func take(_ characters: ArraySlice<Character>) {
    var rest = characters
    while let end = rest.firstIndex(of: "\n") {
      take(part: rest[..<end], isComplete: true)
      rest = rest[(end + 1)...]
    }
    if !rest.isEmpty { take(part: rest, isComplete: false) }
  }

  /// Takes some of a line; with `isComplete` the last of it.
  private mutating func take(part: ArraySlice<Character>, isComplete: Bool) {
    switch line {
    case .starting(var held):
      // Copied, not shared, while it grows.
      line = .code
      held += part
      line = .starting([])
      if let fence { takeCode(held, fence, isComplete) } else { begin(held, isComplete) }
    case .text(var text):
      addText(&text, part, isComplete)
    case .code:
      output.add(String(part))
      if isComplete { endCodeLine() }
    }
  }

  // MARK: Lines of text

  private mutating func begin(_ held: [Character], _ isComplete: Bool) {
    guard let start = BlockStart(held, isComplete: isComplete) else {
      line = .starting(held)
      return
    }
    if start.kind == .row, continueTable(held, start) { return }
    if table != nil { flushTable() }
    switch start.kind {
    case .blank:
      if start.containers.contains(.quote) {
        open(start.containers)
        wrapper.end()
        output += wrapper.take()
      } else {
        owesBlank = hasOutput
      }
    case .rule:
      open(start.containers)
      let room = max(width - prefixes(start.containers).rest.cells, 1)
      wrapper.add(StyledText(String(repeating: "─", count: room), .dim))
      wrapper.end()
      output += wrapper.take()
    case .fence(let fence): openCode(fence, start.containers)
    case .row:
      if held.count <= BlockStart.maximumHeld {
        table = TableDraft(held, text: start.text)
      } else {
        beginText(held, start, isComplete, base: [])
      }
    case .heading(let level):
      beginText(held, start, isComplete, base: level == 1 ? [.bold, .underline] : .bold)
    case .paragraph: beginText(held, start, isComplete, base: [])
    }
  }

  private mutating func beginText(_ held: [Character], _ start: BlockStart, _ isComplete: Bool, base: TextStyle) {
    open(start.containers)
    var text = InlineText(base: base)
    addText(&text, held[start.text..<(start.end ?? held.count)], isComplete)
  }

  private mutating func addText(_ text: inout InlineText, _ part: ArraySlice<Character>, _ isComplete: Bool) {
    for piece in text.add(part, isComplete: isComplete) { wrapper.add(piece) }
    if isComplete { wrapper.end() }
    output += wrapper.take()
    line = isComplete ? .starting([]) : .text(text)
  }

  /// Writes what stands before a line's text.
  private mutating func open(_ containers: [BlockStart.Container]) {
    payBlank()
    let (first, rest) = prefixes(containers)
    wrapper.begin(first: first, rest: rest)
    output += wrapper.take()
  }

  private func prefixes(_ containers: [BlockStart.Container]) -> (first: [StyledText], rest: [StyledText]) {
    var first: [StyledText] = []
    var rest: [StyledText] = []
    for container in containers {
      switch container {
      case .indent(let width):
        first.add(String(repeating: " ", count: width))
        rest.add(String(repeating: " ", count: width))
      case .quote:
        first.add("│ ", .dim)
        rest.add("│ ", .dim)
      case .item(let marker):
        first.add(marker + " ")
        rest.add(String(repeating: " ", count: CellWidth.of(marker) + 1))
      }
    }
    // Deep in lists of lists there must be room for a word.
    return rest.cells <= width / 2 ? (first, rest) : (first, [])
  }

  private mutating func payBlank() {
    if owesBlank { output.add("\n") }
    owesBlank = false
    hasOutput = true
  }

  // MARK: Tables

  /// Whether the line belongs to a table.
  private mutating func continueTable(_ held: [Character], _ start: BlockStart) -> Bool {
    guard table != nil else { return false }
    if table?.alignments == nil {
      if table?.takeDelimiters(held[start.text...]) == true {
        payBlank()
        return true
      }
      return false
    }
    output += table?.take(held[start.text...], width: width) ?? []
    return true
  }

  private mutating func flushTable() {
    guard var table else { return }
    self.table = nil
    if table.alignments != nil {
      output += table.flush(width: width)
    } else if let start = BlockStart(table.head, isComplete: true) {
      // One line that begins with a bar, and no table under it.
      beginText(table.head, start, true, base: [])
    }
  }

  // MARK: Code

  private mutating func openCode(_ fence: BlockStart.Fence, _ containers: [BlockStart.Container]) {
    // An item may begin with its code.
    if containers.contains(where: { if case .item = $0 { true } else { false } }) {
      open(containers)
      wrapper.end()
      output += wrapper.take()
    }
    payBlank()
    self.fence = fence
    let name = fence.info.isEmpty ? "" : " \(fence.info.splitAtBlank().first.prefix(24)) "
    frame("──" + name)
  }

  private mutating func closeCode(_ fence: BlockStart.Fence) {
    self.fence = nil
    frame("")
  }

  private mutating func frame(_ begin: String) {
    let room = max(min(width, 60) - CellWidth.of(begin), 0)
    output.add(begin + String(repeating: "─", count: room), .dim)
    output.add("\n")
  }

  /// Code stands as it came, neither broken nor framed at its sides, so that it can be copied.
  private mutating func takeCode(_ held: [Character], _ fence: BlockStart.Fence, _ isComplete: Bool) {
    guard let found = CodeLine(held, fence, isComplete: isComplete) else {
      line = .starting(held)
      return
    }
    switch found {
    case .closes: closeCode(fence)
    case .text(let from):
      for _ in 0..<fence.quotes { output.add("│ ", .dim) }
      output.add(String(held[from...]))
      line = .code
      if isComplete { endCodeLine() }
    }
  }

  private mutating func endCodeLine() {
    output.add("\n")
    line = .starting([])
  }
}
