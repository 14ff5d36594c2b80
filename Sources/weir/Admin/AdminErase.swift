import ArgumentParser
import Foundation
import WeirServer
import WeirStore

/// `weir admin erase`: a person is forgotten.
struct AdminErase: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "erase",
    abstract: "Erase everything about a user: conversations, usage, limits, and the bytes on the disk.",
    discussion: """
      The user's devices are disconnected and running answers end. Files that held anything of the user are rewritten; \
      the command ends when the old ones are gone. All kept answers go, since they do not say whose they are. Rows of \
      the usage ledger are deleted, so sums over all users become smaller. Backups made before keep what they have. With \
      --data it works on a data directory that no server uses.
      """)

  @OptionGroup var target: AdminTarget
  @Option(help: "The user.")
  var user: String
  @Option(help: "A data directory that no server uses, in place of asking a server.")
  var data: String?
  @Flag(help: "Do not ask whether it is meant.")
  var yes = false

  func run() async throws {
    guard yes || isatty(STDIN_FILENO) == 0 || isMeant() else {
      throw Failing.exit("Nothing was erased:", "The answer was not yes.", code: 64)
    }
    guard let data else {
      let query = QueryText.encoded([("user", user)])
      return try await AdminReport.run(target, post: "/admin/erase?\(query)", title: "The user is not erased:")
    }
    try AdminReport.offline("The user is not erased:") { try erase(in: data) }
    print("Everything about the user is erased, and no file in '\(data)' has it any more. Backups made before do.")
  }

  private func isMeant() -> Bool {
    let question = "Erase everything about '\(AdminReport.harmless(user))'? It cannot be undone. Type yes: "
    FileHandle.standardError.write(Data(question.utf8))
    return readLine() == "yes"
  }

  private func erase(in data: String) throws {
    guard FileManager.default.fileExists(atPath: "\(data)/CURRENT") else {
      throw StoreError(.unusable, "There is no data of Weir in '\(data)'. Name the directory that the server uses.")
    }
    let store = try Store.open(directory: data)
    defer { store.close() }
    try store.eraseAlone(user)
    try store.scrub(user) { AdminReport.progress(AdminProgress($0)) }
  }
}
