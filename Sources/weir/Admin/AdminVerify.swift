import ArgumentParser
import WeirStore

/// `weir admin verify`: whether all that is stored is as it must be.
struct AdminVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Look at everything in a data directory or a backup, and whether it is as it must be.",
    discussion: """
      Reads only, and needs no server; beside a running one it looks at a moment while it began. Ends with 0 when all \
      is well, with 65 and a sentence for each finding when not.
      """)

  @Option(help: "The data directory, or a backup.")
  var data = "weir-data"

  func run() throws {
    let report = try AdminReport.offline("The data cannot be verified:") {
      try Store.verify(in: data) { AdminReport.progress($0) }
    }
    try AdminReport.conclude(report, of: data)
  }
}
