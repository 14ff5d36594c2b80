import Foundation
import Synchronization

/// The terminal's input, byte by byte and without an echo, while a line is edited; and as it was before whenever the
/// process ends: by `exit`, by a signal, by a crash. Only SIGKILL leaves it as it is (`stty sane` helps).
///
/// Signals stay on: Ctrl-C is SIGINT even when nobody reads.
enum TerminalMode {
  /// Written once, before `isSaved` is set and before any handler that reads it is installed.
  nonisolated(unsafe) private static var original = termios()
  private static let isSaved = Atomic<Bool>(false)
  private static let isEditing = Atomic<Bool>(false)

  /// Bracketed paste, https://invisible-island.net/xterm/xterm-paste64.html.
  private static let begin: StaticString = "\u{1B}[?2004h"
  private static let end: StaticString = "\u{1B}[?2004l"

  /// Begins. False: stdin is no terminal.
  static func edit() -> Bool {
    if !isSaved.load(ordering: .acquiring) {
      guard tcgetattr(STDIN_FILENO, &original) == 0 else { return false }
      isSaved.store(true, ordering: .releasing)
      atexit { TerminalMode.restore() }
      installHandlers()
    }
    var mode = original
    mode.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
    // Ctrl-S and Ctrl-Q are keys; what is pasted comes as it is.
    mode.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR)
    withUnsafeMutableBytes(of: &mode.c_cc) { characters in
      characters[Int(VMIN)] = 1
      characters[Int(VTIME)] = 0
    }
    guard tcsetattr(STDIN_FILENO, TCSADRAIN, &mode) == 0 else { return false }
    isEditing.store(true, ordering: .releasing)
    send(begin)
    return true
  }

  /// Ends. Calls nothing that a signal handler may not call.
  static func restore() {
    guard isEditing.exchange(false, ordering: .acquiringAndReleasing) else { return }
    send(end)
    tcsetattr(STDIN_FILENO, TCSANOW, &original)
  }

  private static func send(_ text: StaticString) {
    _ = write(STDOUT_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  }

  /// Signals that end a process restore first and then do what they would have done: the handler is taken away, and the
  /// signal comes again, by itself where an instruction has failed.
  private static func installHandlers() {
    for number in [SIGTERM, SIGHUP, SIGQUIT] {
      signal(number) { number in
        TerminalMode.restore()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
    for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT] {
      signal(number) { number in
        TerminalMode.restore()
        signal(number, SIG_DFL)
      }
    }
  }
}
