import ArgumentParser
import Foundation
import NIOCore
import NIOHTTP1

/// `weir admin usage`: the usage ledger, as a file for other programs.
struct AdminUsage: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "usage",
    abstract: "Export what was used: per user, day, model and prompt version.",
    discussion: "Days are UTC, as 2026-01-31. Costs are by the server's price table, exact, in its currency.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case csv, json }

  @OptionGroup var target: AdminTarget
  @Option(help: "The first day. (default: today)")
  var from: String?
  @Option(help: "The last day. (default: today)")
  var to: String?
  @Option(help: "One user's rows only.")
  var user: String?
  @Option(help: "csv or json.")
  var format = Format.csv

  func run() async throws {
    let client = try target.client()
    do {
      // A pipe that is closed is told by write, not by a signal.
      signal(SIGPIPE, SIG_IGN)
      try await client.ask(.GET, "/admin/usage?\(query)") { piece throws(AdminFailure) in
        do {
          try FileHandle.standardOutput.write(contentsOf: Data(piece.readableBytesView))
        } catch {
          throw AdminFailure("The rows cannot be written: \(error.localizedDescription)")
        }
      }
    } catch let failure as AdminFailure {
      throw Failing.exit("The export is not whole:", failure.description, code: 69)
    }
  }

  var query: String {
    let pairs: [(String, String?)] = [("from", from), ("to", to), ("user", user), ("format", format.rawValue)]
    return QueryText.encoded(pairs.compactMap { name, value in value.map { (name, $0) } })
  }
}
