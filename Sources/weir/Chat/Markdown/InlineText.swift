/// The inside of one line of Markdown as it comes: emphasis, code, links. Text is given out as soon as its look is
/// certain, which for a `*` is when its partner has come, the line has ended, or `InlineScan.window` characters have
/// gone by. So each piece costs at most a window's worth of looking, however long the line.
struct InlineText {
  private let base: TextStyle
  private var pending: [Character] = []
  /// The last character given out: what a `*` means depends on its neighbours.
  private var previous: Character?

  init(base: TextStyle = []) {
    self.base = base
  }

  /// Characters whose look is not certain.
  var heldCharacters: Int { pending.count }

  /// Adds characters and gives out what is certain; with `isComplete` the line ends here, and all is.
  mutating func add(_ characters: some Sequence<Character>, isComplete: Bool) -> [StyledText] {
    pending += characters
    var scan = InlineScan(pending, previous: previous, isComplete: isComplete)
    scan.run(base: base)
    if scan.position > 0 { previous = pending[scan.position - 1] }
    pending.removeFirst(scan.position)
    return scan.output
  }

  /// The look of a whole text.
  static func parse(_ text: some Sequence<Character>, base: TextStyle = []) -> [StyledText] {
    var inline = InlineText(base: base)
    return inline.add(text, isComplete: true)
  }
}
