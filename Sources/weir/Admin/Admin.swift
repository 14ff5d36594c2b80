import ArgumentParser

/// `weir admin`: what the operator can ask a running server.
struct Admin: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "admin",
    abstract: "Ask a running server how it stands, and what was used.",
    discussion: """
      The server answers if it has admin.secret (WEIR_ADMIN_SECRET) and the same secret is given here, in \
      WEIR_ADMIN_SECRET or --secret-file.
      """,
    subcommands: [AdminTop.self, AdminStateCommand.self, AdminUsage.self])
}
