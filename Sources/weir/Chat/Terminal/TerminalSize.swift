import Foundation

/// The cells of a terminal.
struct TerminalSize: Equatable, Sendable {
  var columns: Int
  var rows: Int

  /// Of stdout now; where it does not say, of `COLUMNS`, or what terminals had when they were made of glass.
  static func current(environment: [String: String] = ProcessInfo.processInfo.environment) -> TerminalSize {
    var size = winsize()
    let fallback = environment["COLUMNS"].flatMap { Int($0) }.flatMap { (1...10_000).contains($0) ? $0 : nil } ?? 80
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return TerminalSize(columns: fallback, rows: 24)
    }
    return TerminalSize(columns: Int(size.ws_col), rows: max(Int(size.ws_row), 1))
  }
}
