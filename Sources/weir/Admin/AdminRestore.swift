import ArgumentParser
import WeirStore

/// `weir admin restore`: data from a backup.
struct AdminRestore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Verify a backup and copy it to where a server will use it.",
    discussion: """
      Needs no server. The target must not exist or be empty, and appears when everything is in it and on the disk. A \
      backup that is not sound is not restored: the command tells what was found and ends with 65.
      """)

  @Argument(help: "The backup's directory.")
  var backup: String
  @Option(help: "Directory for the data.")
  var data: String

  func run() throws {
    let result = try AdminReport.offline("Nothing was restored:") {
      try Store.restore(backup, to: data) { AdminReport.progress($0) }
    }
    try AdminReport.conclude(result.report, of: backup)
    print("The data is in '\(result.directory)': weir serve --data '\(result.directory)'")
  }
}
