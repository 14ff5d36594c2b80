import ArgumentParser
import Glibc

extension Bench {
  /// `weir bench fill`: a store with many messages, quickly.
  struct Fill: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "fill",
      abstract: "Fill a new data directory with conversations, for `weir bench history`.",
      discussion: """
        Users have \(StoreFill.Layout.conversationsOfUser) conversations of \
        \(StoreFill.Layout.messagesOfConversation) messages, of 120 to 280 bytes each. They go through the journal, as \
        the server's do, but without fsync. Serve the directory afterwards, and ask with `weir bench history`.
        """)

    @Option(help: "Directory for the data; it must not exist.")
    var data: String
    @Option(help: "Messages.")
    var messages = 1_000_000

    func validate() throws {
      try Check.range("messages", messages, StoreFill.Layout.messagesOfUser...1_000_000_000)
    }

    func run() throws {
      if access(data, F_OK) == 0 { throw ValidationError("\"\(data)\" exists. Name a directory that does not.") }
      let users = messages / StoreFill.Layout.messagesOfUser
      let total = users * StoreFill.Layout.messagesOfUser
      let start = Monotonic.now()
      var shown = start
      try StoreFill(directory: data, users: users).run { stored in
        let now = Monotonic.now()
        guard now - shown > 1_000_000_000 else { return }
        shown = now
        Self.say("\r\(stored) of \(total) messages")
      }
      let seconds = (Monotonic.now() - start).inSeconds
      Self.say("\r\(total) messages of \(users) users in \(Int(seconds)) s\n")
    }

    /// Standard error: progress is no figure.
    private static func say(_ text: String) {
      let bytes = Array(text.utf8)
      _ = write(STDERR_FILENO, bytes, bytes.count)
    }
  }
}
