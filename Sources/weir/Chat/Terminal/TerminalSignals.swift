import Dispatch
import Foundation

/// What the terminal tells by signals while a line is edited: another size, Ctrl-Z, and being back.
final class TerminalSignals {
  private let sources: [any DispatchSourceSignal]

  /// Calls `resized` after the size has changed, `stopping` before the process is stopped, `resumed` when it goes on; each
  /// on a thread of its own choice.
  init(
    resized: @escaping @Sendable () -> Void, stopping: @escaping @Sendable () -> Void,
    resumed: @escaping @Sendable () -> Void
  ) {
    let queue = DispatchQueue(label: "weir.terminal")
    let actions: [(Int32, @Sendable () -> Void)] = [
      (SIGWINCH, resized), (SIGCONT, resumed),
      (
        SIGTSTP,
        {
          stopping()
          kill(getpid(), SIGSTOP)
        }
      ),
    ]
    sources = actions.map { number, action in
      // Else the process would stop before anybody is told.
      if number == SIGTSTP { signal(SIGTSTP, SIG_IGN) }
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler(handler: action)
      source.resume()
      return source
    }
  }

  deinit {
    for source in sources { source.cancel() }
    signal(SIGTSTP, SIG_DFL)
  }
}

extension TerminalSignals {
  /// What each means for the screen and the line that is typed; nil: there is neither.
  convenience init?(console: Console, lines: any LineSource) {
    guard console.features.isLive, let screen = console.screen else { return nil }
    self.init(
      resized: {
        screen.resized()
        lines.redraw()
      },
      stopping: {
        screen.hide()
        lines.suspend()
      },
      resumed: {
        screen.forget()
        screen.resized()
        lines.resume()
      })
  }
}
