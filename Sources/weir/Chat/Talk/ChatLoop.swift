/// The conversation between a person and `weir chat`: what to do with each line, each Ctrl-C and the end of each
/// answer. It decides and does nothing itself.
///
/// At a terminal lines may be typed ahead while an answer is written. In a pipe the next line is read when the answer
/// to the last one is there.
struct ChatLoop {
  enum Input: Equatable, Sendable {
    case line(String)
    case lineTooLong
    case endOfInput
    case interrupt
    /// The answer has ended, or the command has done its work.
    case done(ExitStatus)
    /// An answer is written in this conversation that was not asked for here; `note` says whose.
    case answerElsewhere(turnID: UInt64, note: String)
    /// The client has given up.
    case clientStopped(ExitStatus)
  }

  enum Effect: Equatable, Sendable {
    /// Read one more line.
    case read
    /// Show that a line is awaited.
    case prompt
    /// Show a line whose turn has come, for it was typed while there was no prompt.
    case echo(String)
    /// Show what the model thinks, or fold it.
    case toggleThoughts
    /// Do this, and report `.done`.
    case run(ChatCommand)
    /// Show the answer to another device, and report `.done`.
    case follow(turnID: UInt64)
    /// Stop the running answer.
    case stop
    case note(String)
    case leave(ExitStatus)
  }

  private enum Activity: Equatable {
    case idle
    /// A command asks the server something.
    case busy
    case answering(isStopping: Bool)
    case left
  }

  /// Lines that may wait for the running answer to end.
  static let maximumTypedAhead = 64

  private let isTerminal: Bool
  private var activity: Activity = .idle
  private var typedAhead: [(line: String, command: ChatCommand)] = []
  /// Whether Ctrl-C was pressed and nothing since: the next one leaves.
  private var isWarned = false
  private var hasInputEnded = false
  /// What a pipe's run comes to: the first thing that went wrong.
  private var status: ExitStatus = .success

  init(isTerminal: Bool) {
    self.isTerminal = isTerminal
  }

  /// Whether nothing is done but to wait for a line.
  var isIdle: Bool { activity == .idle }

  /// What to do at the start.
  mutating func begin() -> [Effect] {
    isTerminal ? [.prompt, .read] : [.read]
  }

  mutating func handle(_ input: Input) -> [Effect] {
    if activity == .left { return [] }
    switch input {
    case .line(let line):
      isWarned = false
      return typed(line, ChatCommand(parsing: line))
    case .lineTooLong: return typed("", .wrong("That line is too long; a message may have 16 MiB."))
    case .endOfInput:
      hasInputEnded = true
      return isTerminal || activity == .idle ? leave(status) : []
    case .interrupt: return interrupted()
    case .done(let result):
      // The Ctrl-C that stopped an answer is not the first of two.
      isWarned = false
      if status == .success, !isTerminal { status = result }
      return next()
    case .answerElsewhere(let turnID, let note):
      guard isTerminal, activity == .idle else { return [] }
      activity = .answering(isStopping: false)
      return [.note(note), .follow(turnID: turnID)]
    case .clientStopped(let result): return leave(result)
    }
  }

  private mutating func typed(_ line: String, _ command: ChatCommand) -> [Effect] {
    let more: [Effect] = isTerminal ? [.read] : []
    switch (command, activity) {
    case (.quit, _): return leave(status)
    case (.stop, .answering(isStopping: false)):
      activity = .answering(isStopping: true)
      return [.stop] + more
    case (.thinking, .answering), (.thinking, .busy): return [.toggleThoughts] + more
    case (_, .idle): return start(command) + more
    case (_, _):
      guard typedAhead.count < Self.maximumTypedAhead else {
        return [.note("\(Self.maximumTypedAhead) lines wait already; this one is not taken.")] + more
      }
      typedAhead.append((line, command))
      return more
    }
  }

  private mutating func start(_ command: ChatCommand) -> [Effect] {
    switch command {
    case .blank: return waitForLine()
    case .stop: return [.note("No answer is being written.")] + waitForLine()
    case .wrong(let sentence):
      if !isTerminal, status == .success { status = .answerFailed }
      return [.note(sentence)] + waitForLine()
    case .help: return [.note(ChatCommand.manual + (isTerminal ? ChatCommand.keys : ""))] + waitForLine()
    case .thinking: return [.toggleThoughts] + waitForLine()
    case .quit: return leave(status)
    case .message, .continueAnswer, .retry, .result: activity = .answering(isStopping: false)
    case .new, .open, .list, .rename, .delete, .history, .usage: activity = .busy
    }
    return [.run(command)]
  }

  private mutating func next() -> [Effect] {
    activity = .idle
    var effects: [Effect] = []
    while activity == .idle, !typedAhead.isEmpty {
      // Notes only: the prompt comes once, when all is done.
      let (line, command) = typedAhead.removeFirst()
      effects += [.echo(line)] + start(command).filter { $0 != .prompt && $0 != .read }
    }
    return activity == .idle ? effects + waitForLine() : effects
  }

  /// Nothing is to be done until a line comes. At a terminal one is being read already.
  private mutating func waitForLine() -> [Effect] {
    if hasInputEnded { return leave(status) }
    return isTerminal ? [.prompt] : [.read]
  }

  private mutating func interrupted() -> [Effect] {
    guard case .answering(isStopping: false) = activity else {
      if isTerminal, activity == .idle, !isWarned {
        isWarned = true
        return [.note("Ctrl-C again leaves, and so does Ctrl-D."), .prompt]
      }
      return leave(.interrupted)
    }
    activity = .answering(isStopping: true)
    typedAhead = []
    return [.stop, .note("Stopping the answer; Ctrl-C again leaves.")]
  }

  private mutating func leave(_ status: ExitStatus) -> [Effect] {
    activity = .left
    return [.leave(status)]
  }
}
