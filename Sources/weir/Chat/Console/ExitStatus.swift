/// How `weir chat` ends, for scripts.
enum ExitStatus: Int32, CaseIterable {
  case success = 0
  case answerFailed = 1
  case noConnection = 2
  case notAllowed = 3
  case timeout = 4
  case protocolViolation = 5
  case interrupted = 130

  /// What `--help` says of it.
  var meaning: String {
    switch self {
    case .success: "all went well"
    case .answerFailed: "the answer broke off, was stopped, or the message was refused"
    case .noConnection: "no connection could be made, or it was lost for good"
    case .notAllowed: "the token is missing, wrong, or does not allow this"
    case .timeout: "no answer in time"
    case .protocolViolation: "the other side broke the protocol"
    case .interrupted: "left with Ctrl-C"
    }
  }

  static var help: String {
    allCases.map { "  \(String($0.rawValue).padded(to: 4)) \($0.meaning)" }.joined(separator: "\n")
      + "\n  64   the command line is wrong"
  }
}

extension String {
  /// With blanks behind it, to at least `width` characters.
  func padded(to width: Int) -> String {
    count >= width ? self : self + String(repeating: " ", count: width - count)
  }
}
