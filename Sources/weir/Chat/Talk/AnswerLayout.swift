import WeirClient

/// What of an answer is shown, and how: what the model says as it is, and at a terminal, dimmed and marked, what it
/// thinks and which tools it asks for. Decides, and writes nothing.
struct AnswerLayout: Equatable {
  struct Piece: Equatable {
    var text: String
    var isDim = false
  }

  private enum Section: Equatable {
    case nothing
    case text
    /// Characters shown so far, and those that were not.
    case reasoning(shown: Int, hidden: Int)
    case toolCall
  }

  /// Characters of each stretch of reasoning that are shown; the rest is folded away.
  static let shownOfReasoning = 400

  private let showsThoughts: Bool
  private var section: Section = .nothing
  private var endsWithLineFeed = true

  /// Without `showsThoughts` there is nothing but what the model says.
  init(showsThoughts: Bool) {
    self.showsThoughts = showsThoughts
  }

  /// What to write for an event.
  mutating func add(_ event: TurnEvent) -> [Piece] {
    switch event {
    case .text(let text):
      let before = section == .text ? [] : leave()
      section = .text
      return before + [said(text)]
    case .reasoning(let text): return showsThoughts ? think(text) : []
    case .toolCall(let call):
      guard showsThoughts else { return [] }
      let before = leave()
      section = .toolCall
      return before + [said("[calls \(call.name)] ", isDim: true)]
    case .toolArguments(let text): return showsThoughts && section == .toolCall ? [said(text, isDim: true)] : []
    case .seam: return showsThoughts ? leave() : []
    case .acked, .queued, .started: return []
    case .finished, .failed: return leave()
    }
  }

  private mutating func think(_ text: String) -> [Piece] {
    var pieces: [Piece] = []
    var (shown, hidden) = (0, 0)
    if case .reasoning(let before, let folded) = section {
      (shown, hidden) = (before, folded)
    } else {
      pieces = leave() + [said("[thinks] ", isDim: true)]
    }
    let visible = text.prefix(Self.shownOfReasoning - shown)
    section = .reasoning(shown: shown + visible.count, hidden: hidden + text.count - visible.count)
    if !visible.isEmpty { pieces.append(said(String(visible), isDim: true)) }
    return pieces
  }

  /// Ends the section, and its last line.
  private mutating func leave() -> [Piece] {
    var pieces: [Piece] = []
    if case .reasoning(_, let hidden) = section, hidden > 0 {
      pieces.append(said(" ... (\(hidden) characters more)", isDim: true))
    }
    section = .nothing
    if !endsWithLineFeed { pieces.append(said("\n")) }
    return pieces
  }

  private mutating func said(_ text: String, isDim: Bool = false) -> Piece {
    if let last = text.utf8.last { endsWithLineFeed = last == UInt8(ascii: "\n") }
    return Piece(text: text, isDim: isDim)
  }
}
