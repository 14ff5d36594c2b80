import ArgumentParser

/// `weir admin`: what the operator can ask a running server, and do with its data.
struct Admin: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "admin",
    abstract: "Ask a running server how it stands; back up, verify, export and erase data.",
    discussion: """
      The server answers if it has admin.secret (WEIR_ADMIN_SECRET) and the same secret is given here, in \
      WEIR_ADMIN_SECRET or --secret-file. restore and verify need no server; export and erase need none with --data.
      """,
    subcommands: [
      AdminTop.self, AdminStateCommand.self, AdminUsage.self, AdminBackup.self, AdminRestore.self, AdminVerify.self,
      AdminExport.self, AdminErase.self,
    ])
}
