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
  }

  private let console: Console
  private let style: Style
  private var figures: TurnFigures
  private var endsWithLineFeed = true
  private var hasText = false

  init(console: Console, style: Style, now: Duration) {
    self.console = console
    self.style = style
    figures = TurnFigures(sentAt: now)
  }

  /// Shows an event. Returns how the turn went, once it has ended.
  mutating func show(_ event: TurnEvent, at now: Duration) -> ExitStatus? {
    figures.saw(event, at: now)
    if style.json { console.raw(event.json.text + "\n") }
    switch event {
    case .acked, .started: return nil
    case .queued(let queued):
      if style.notes, !style.json { console.note(Self.sentence(queued)) }
      return nil
    case .text(let text):
      if !style.json { console.out(text) }
      hasText = true
      endsWithLineFeed = text.utf8.last == UInt8(ascii: "\n")
      return nil
    case .finished(let finished):
      endAnswer()
      if style.notes, !style.json, let remark = Self.remark(finished) { console.note(remark) }
      return finished.reason == .stopped || finished.reason == .contentFilter ? .answerFailed : .success
    case .failed(let failed):
      endAnswer()
      if !style.json { console.error(failed.error.message + Self.advice(failed, isPerson: style.notes)) }
      return ExitStatus(failed.error)
    }
  }

  private func endAnswer() {
    if !style.json, hasText, !endsWithLineFeed { console.raw("\n") }
    if style.stats { style.json ? console.raw(figures.json.text + "\n") : console.note(figures.summary) }
  }

  private static func sentence(_ queued: QueuedTurn) -> String {
    let estimate = queued.estimate.map { ", about \($0.forPeople)" } ?? ""
    return queued.position == 0
      ? "Waiting: yours is next\(estimate)." : "Waiting: \(queued.position) before yours\(estimate)."
  }

  private static func remark(_ finished: FinishedTurn) -> String? {
    switch finished.reason {
    case .complete, .unknown: nil
    case .length: "(The model reached its limit; /continue goes on.)"
    case .contentFilter: "(The provider withheld the rest.)"
    case .toolCalls: "(The model asks for a tool.)"
    case .stopped: "(Stopped; /continue goes on.)"
    }
  }

  private static func advice(_ failed: FailedTurn, isPerson: Bool) -> String {
    var advice = ""
    if let delay = failed.error.retryAfter {
      advice += " Try again in \(delay.forPeople)."
    }
    if failed.partialKept, isPerson { advice += " /continue goes on with what had come." }
    return advice
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
