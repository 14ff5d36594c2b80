import WeirClient

/// Shows one turn while it happens: the answer on stdout, what is said about it on stderr.
struct TurnPrinter {
  /// What is printed besides the answer.
  struct Style {
    /// Events as JSON lines on stdout, in place of the answer.
    var json = false
    /// Figures at the end.
    var stats = false
    /// Notes on queueing and on ends that are not plain.
    var notes = true
    /// The model's reasoning and its calls of tools between what it says.
    var showsThoughts = false
    /// Answers as what their Markdown means, thoughts folded.
    var markdown = false
  }

  private let console: Console
  private let style: Style
  private var figures: TurnFigures
  private var layout: AnswerLayout
  /// Where the answer goes in place of the layout's text.
  let answerScreen: AnswerScreen?
  private var answer = AnswerParts()

  init(console: Console, style: Style, clock: Stopwatch, unfoldsThoughts: Bool = false) {
    self.console = console
    self.style = style
    figures = TurnFigures(sentAt: clock.elapsed)
    layout = AnswerLayout(showsThoughts: style.showsThoughts)
    answerScreen =
      style.markdown && !style.json
      ? console.screen.map { AnswerScreen(screen: $0, clock: clock, showsThoughts: unfoldsThoughts) } : nil
  }

  /// The tools that the model has asked for.
  var toolCalls: [ChatToolCall] { answer.toolCalls }

  /// Shows an event. Returns how the turn went, once it has ended.
  mutating func show(_ event: TurnEvent, at now: Duration) -> ExitStatus? {
    figures.saw(event, at: now)
    // Only the calls are asked for later: long texts are not kept.
    switch event {
    case .toolCall, .toolArguments: answer.add(event)
    default: break
    }
    if style.json {
      console.raw(event.json.text + "\n")
    } else if let answerScreen {
      answerScreen.show(event)
    } else {
      for piece in layout.add(event) { console.out(piece.text, piece.isDim ? .dim : .plain) }
    }
    switch event {
    case .acked, .text, .reasoning, .toolCall, .toolArguments: return nil
    case .started(let started):
      if style.notes, started.isCached { note("(From the cache.)") }
      return nil
    case .queued(let queued):
      // Where it can be taken back it is said there.
      if style.notes, answerScreen == nil { note(queued.sentence) }
      return nil
    case .seam(let change):
      // Said to scripts as well: what comes now was written by another hand.
      note(change.sentence)
      return nil
    case .finished(let finished):
      showFigures()
      if finished.reason == .toolCalls { noteToolCalls() }
      if style.notes, let remark = Self.remark(finished) { note(remark) }
      setApart()
      return finished.reason == .stopped || finished.reason == .contentFilter ? .answerFailed : .success
    case .failed(let failed):
      showFigures()
      if !style.json { console.error(failed.error.sentences + advice(failed)) }
      setApart()
      return ExitStatus(failed.error)
    }
  }

  /// A blank line between an answer and the prompt.
  private func setApart() {
    if style.notes, answerScreen != nil { console.raw("\n") }
  }

  private func note(_ text: String) {
    if !style.json { console.note(text) }
  }

  private func showFigures() {
    if style.stats { style.json ? console.raw(figures.json.text + "\n") : console.note(figures.summary) }
  }

  /// Where the calls are not on stdout they are said on stderr, so that an empty answer explains itself.
  private func noteToolCalls() {
    if !style.showsThoughts {
      for call in toolCalls { note("The model calls \(call.name): \(call.arguments)") }
    }
    if style.notes { note("(/result TEXT answers \(toolCalls.count > 1 ? "the first call" : "the call").)") }
  }

  private static func remark(_ finished: FinishedTurn) -> String? {
    switch finished.reason {
    case .complete, .unknown, .toolCalls: nil
    case .length: "(The model reached its limit; /continue goes on.)"
    case .contentFilter: "(The provider withheld the rest.)"
    case .stopped: "(Stopped; /continue goes on.)"
    }
  }

  private func advice(_ failed: FailedTurn) -> String {
    failed.partialKept && style.notes ? " /continue goes on with what had come." : ""
  }
}

extension ExitStatus {
  /// What a failure means for the process.
  init(_ error: WeirClientError) {
    self =
      switch error.code {
      case .unauthenticated, .permissionDenied: .notAllowed
      case .connectionFailed, .connectionLost, .upgradeRefused, .closed: .noConnection
      case .timeout: .timeout
      case .protocolViolation: .protocolViolation
      default: .answerFailed
      }
  }
}
