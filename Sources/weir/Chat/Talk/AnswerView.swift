import WeirClient

/// An answer as a person at a terminal sees it: Markdown as what it means, thoughts and calls of tools dimmed, and while
/// there is nothing to read, what is waited for. Decides, and writes nothing.
struct AnswerView {
  private enum Section: Equatable {
    /// Nothing has come since `since`, and it waits for `what`.
    case waiting(String, since: Duration)
    case text
    case thinking(since: Duration)
    case toolCall
    case ended
  }

  /// Bytes of each stretch of thoughts that are kept to be shown when they are asked for.
  static let maximumThoughtBytes = 64 * 1024
  private static let spinner: [Character] = Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

  /// Whether thoughts are shown as they come, and not only how long they took.
  private(set) var showsThoughts: Bool
  private var section: Section
  private var markdown: MarkdownStream
  private var thoughts: LineWrapper
  private var filter = TextFilter()
  /// The last stretch of thoughts, from its beginning.
  private(set) var lastThoughts = ""

  init(showsThoughts: Bool, width: Int, now: Duration) {
    self.showsThoughts = showsThoughts
    section = .waiting("sending", since: now)
    markdown = MarkdownStream(width: width)
    thoughts = LineWrapper(width: width)
  }

  /// Cells in a row from now on.
  mutating func resize(to width: Int) {
    markdown.width = width
    thoughts.width = max(width, 1)
  }

  /// A note was written into the middle of a row, and a new one begun.
  mutating func wasInterrupted() {
    markdown.wasInterrupted()
    thoughts.wasInterrupted()
  }

  /// No more will come, and nothing is waited for.
  mutating func abandon() {
    section = .ended
  }

  /// What to write for an event.
  mutating func add(_ event: TurnEvent, at now: Duration) -> [StyledText] {
    switch event {
    case .acked, .started:
      guard case .waiting(_, let since) = section else { return [] }
      section = .waiting("waiting for the first word", since: since)
      return []
    case .queued(let queued):
      guard case .waiting(_, let since) = section else { return [] }
      section = .waiting(queued.waitingFor, since: since)
      return []
    case .text(let text):
      let before = section == .text ? [] : leave(at: now)
      section = .text
      return before + markdown.add(text)
    case .reasoning(let text):
      var output: [StyledText] = []
      if case .thinking = section {
      } else {
        output = leave(at: now)
        section = .thinking(since: now)
        lastThoughts = ""
      }
      return output + think(text)
    case .toolCall(let call):
      let before = leave(at: now)
      section = .toolCall
      return before + [StyledText("[calls \(filter.pass(call.name))] ", .dim)]
    case .toolArguments(let text): return section == .toolCall ? [StyledText(filter.pass(text), .dim)] : []
    case .seam: return []
    case .finished, .failed:
      let output = leave(at: now)
      section = .ended
      return output
    }
  }

  /// Shows thoughts or folds them, from now on. Returns those that were not seen.
  mutating func toggleThoughts() -> [StyledText] {
    showsThoughts.toggle()
    guard showsThoughts, case .thinking = section else { return [] }
    let missed = lastThoughts
    lastThoughts = ""
    return think(missed)
  }

  /// What is waited for; nil while there is something to read.
  func status(at now: Duration) -> [StyledText]? {
    let (what, since): (String, Duration)
    switch section {
    case .waiting(let waiting, let begin): (what, since) = (waiting, begin)
    case .thinking(let begin):
      if showsThoughts { return nil }
      (what, since) = ("thinking", begin)
    case .text:
      if markdown.heldRows == 0 { return nil }
      return [StyledText("\(Self.frame(at: now)) a table, \(markdown.heldRows) rows", .dim)]
    case .toolCall, .ended: return nil
    }
    let seconds = (now - since).components.seconds
    return [StyledText("\(Self.frame(at: now)) \(what)" + (seconds > 0 ? ", \(seconds) s" : ""), .dim)]
  }

  /// Ends the section, and its last line.
  private mutating func leave(at now: Duration) -> [StyledText] {
    defer { section = .ended }
    switch section {
    case .waiting, .ended: return []
    case .text: return markdown.finish()
    case .toolCall: return [StyledText("\n")]
    case .thinking(let since):
      var output: [StyledText] = []
      if showsThoughts {
        thoughts.end()
        output = thoughts.take()
      }
      return output + [StyledText("thought for \((now - since).forPeople)\n", .dim)]
    }
  }

  private mutating func think(_ text: String) -> [StyledText] {
    let text = filter.pass(text)
    if lastThoughts.utf8.count < Self.maximumThoughtBytes { lastThoughts += text }
    if !showsThoughts { return [] }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    while let line = lines.popFirst() {
      thoughts.add(StyledText(String(line), .dim))
      if !lines.isEmpty { thoughts.end() }
    }
    return thoughts.take()
  }

  private static func frame(at now: Duration) -> Character {
    let tenths = Int(now.inMilliseconds / 100)
    return spinner[max(tenths, 0) % spinner.count]
  }
}

extension QueuedTurn {
  /// The same as `sentence`, as a part of one.
  var waitingFor: String {
    let place = position == 0 ? "yours is next" : "\(position) before yours"
    let time = estimate.map { ", about \($0.forPeople)" } ?? ""
    return "\(place)\(time)" + (reason.words.map { " (\($0))" } ?? "")
  }
}
