import ArgumentParser
import Foundation

/// `weir admin backup`: a copy of the data while the server serves.
struct AdminBackup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Have a running server copy its data to a new directory, and verify the copy.",
    discussion: """
      The directory is on the server's machine and must not exist. On the file system of the data, files are linked, \
      which is quick; copy such a backup to another disk. Kept answers are left out. Ends with 0 when the copy is whole \
      and sound, with 65 when it is not sound.
      """)

  @OptionGroup var target: AdminTarget
  @Argument(help: "Where the backup is to be.")
  var directory: String

  func run() async throws {
    try await AdminReport.run(target, post: "/admin/backup?\(query)", title: "There is no backup:")
  }

  var query: String {
    let base = FileManager.default.currentDirectoryPath
    return QueryText.encoded([("directory", directory), ("base", base)])
  }
}
