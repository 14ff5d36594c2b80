import ArgumentParser
import Foundation

/// `weir admin top`: a live view of the server.
struct AdminTop: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Watch lanes, endpoints, shards and the slowest turns.",
    discussion: "Where the output is no terminal, the views follow each other without colours. Ctrl-C ends it.")

  @OptionGroup var target: AdminTarget
  @Option(help: "Seconds from one view to the next.")
  var interval = 1.0
  @Flag(help: "Show one view and end.")
  var once = false

  func validate() throws { try Check.range("interval", interval, 0.1...3600) }

  func run() async throws {
    let client = try target.client()
    let isLive = isatty(STDOUT_FILENO) == 1 && !once
    let view = StateView(width: Self.width(), isColored: isatty(STDOUT_FILENO) == 1)
    while true {
      let text: String
      do {
        text = view.text(try await client.state().0, at: target.url)
      } catch let failure as AdminFailure {
        if !isLive { throw Failing.exit("There is no state:", failure.description, code: 69) }
        // A server that starts again is worth waiting for.
        text = failure.description + "\n"
      }
      // Home, the view with each line cleared behind its end, and nothing of the last one below: no flicker.
      let shown = isLive ? "\u{1B}[H" + text.replacing("\n", with: "\u{1B}[K\n") + "\u{1B}[J" : text
      FileHandle.standardOutput.write(Data(shown.utf8))
      if once { return }
      try await Task.sleep(for: .seconds(interval))
      if !isLive { print("") }
    }
  }

  /// The terminal's columns.
  private static func width() -> Int {
    var size = winsize()
    // Not a terminal: lines are as long as they are.
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 1000 }
    return Int(size.ws_col)
  }
}
