/// One line that a person typed at the prompt.
enum ChatCommand: Equatable, Sendable {
  case message(String)
  case help
  case new(title: String)
  case open(String)
  case list
  case rename(String)
  case delete(String?)
  case history(Int)
  case stop
  case continueAnswer
  case retry
  /// What a tool gave, for the first call that waits for it.
  case result(String)
  case usage
  /// Show what the model thinks, or fold it.
  case thinking
  case quit
  /// Nothing at all.
  case blank
  /// A command that is none, or is used wrongly; the sentence says how it is used.
  case wrong(String)

  static let defaultHistory = 20

  static let manual = """
    /help             this list
    /new [TITLE]      begin a new conversation
    /open ID          go on with another conversation
    /list             the conversations, last changed first
    /rename TITLE     name this conversation
    /delete [ID]      delete this conversation, or another one
    /history [N]      the last N messages (\(defaultHistory))
    /stop             stop the answer that is being written (or Ctrl-C)
    /continue         go on with the last answer where it was stopped or broke off
    /retry            ask for another answer to the last message
    /result TEXT      what the tool gave that the model asks for; the first one, if it asks for several
    /usage            your limits, and what is left of them
    /thinking         show what the model thinks, or fold it again
    /quit             leave (or Ctrl-D)
    //TEXT            a message that begins with a slash
    """

  /// What the keys of the line editor do beyond what every person tries.
  static let keys = """

    Tab completes a command; Up and Ctrl-R find what was typed before; Alt-Enter begins a new line, and a paste of
    several lines is one message; Ctrl-C stops the answer, twice it leaves; Ctrl-D leaves. A line that begins with a
    blank is not kept.
    """

  /// The commands' names, for completion.
  static let names = manual.split(separator: "\n").filter { !$0.hasPrefix("//") }.map { $0.splitAtBlank().first }

  /// Reads a line.
  init(parsing line: String) {
    let trimmed = line.trimmingBlanks()
    if trimmed.isEmpty {
      self = .blank
    } else if trimmed.hasPrefix("//") {
      self = .message(String(trimmed.dropFirst()))
    } else if trimmed.hasPrefix("/") {
      let (name, argument) = trimmed.dropFirst().splitAtBlank()
      self = Self.command(name.lowercased(), argument)
    } else {
      self = .message(line)
    }
  }

  private static func command(_ name: String, _ argument: String) -> ChatCommand {
    let usage: (String) -> ChatCommand = { .wrong("Write it as \($0); /help lists all commands.") }
    switch name {
    case "new": return .new(title: argument)
    case "open": return argument.isEmpty || argument.contains(" ") ? usage("/open ID") : .open(argument)
    case "rename": return argument.isEmpty ? usage("/rename TITLE") : .rename(argument)
    case "result": return argument.isEmpty ? usage("/result TEXT") : .result(argument)
    case "delete": return argument.contains(" ") ? usage("/delete [ID]") : .delete(argument.isEmpty ? nil : argument)
    case "history":
      if argument.isEmpty { return .history(defaultHistory) }
      guard let count = Int(argument), (1...500).contains(count) else { return usage("/history N, N from 1 to 500") }
      return .history(count)
    default: break
    }
    let plain: [String: ChatCommand] = [
      "help": .help, "?": .help, "list": .list, "stop": .stop, "continue": .continueAnswer, "retry": .retry,
      "usage": .usage, "thinking": .thinking, "quit": .quit, "exit": .quit, "q": .quit,
    ]
    guard let command = plain[name] else {
      return .wrong("There is no command /\(name); /help lists all. For a message that begins with a slash write //.")
    }
    return argument.isEmpty ? command : usage("/\(name)")
  }
}

extension StringProtocol {
  /// Without blanks and tabs at both ends.
  func trimmingBlanks() -> String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
      return ""
    }
    return String(self[first...last])
  }

  /// The first word, and what is behind the blanks after it.
  func splitAtBlank() -> (first: String, rest: String) {
    guard let blank = firstIndex(where: { $0 == " " || $0 == "\t" }) else { return (String(self), "") }
    return (String(self[..<blank]), self[blank...].trimmingBlanks())
  }
}
