import ArgumentParser
import Foundation
import NIOCore
import NIOHTTP1
import WeirStore

/// `weir admin export`: everything about one person.
struct AdminExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Print everything that is stored of a user, as JSON lines.",
    discussion: """
      The user, conversations with their messages, turns that have not ended, and usage. The last line has the record \
      "end"; without it the export is not whole. With --data it is read from a data directory or a backup, without a \
      server.
      """)

  @OptionGroup var target: AdminTarget
  @Option(help: "The user.")
  var user: String
  @Option(help: "A data directory or a backup to read in place of asking a server.")
  var data: String?

  func run() async throws {
    // A pipe that is closed is told by write, not by a signal.
    signal(SIGPIPE, SIG_IGN)
    do {
      if let data {
        try AdminReport.offline("The export is not whole:") {
          try Store.export(user, in: data) { try Self.write($0) }
        }
      } else {
        try await target.client().ask(.GET, "/admin/export?\(QueryText.encoded([("user", user)]))") {
          piece throws(AdminFailure) in try Self.write(piece)
        }
      }
    } catch let failure as AdminFailure {
      throw Failing.exit("The export is not whole:", failure.description, code: AdminReport.unavailable)
    }
  }

  private static func write(_ piece: ByteBuffer) throws(AdminFailure) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(piece.readableBytesView))
    } catch {
      throw AdminFailure("The lines cannot be written: \(error.localizedDescription)")
    }
  }
}
