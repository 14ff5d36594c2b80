import ArgumentParser
import Foundation
import NIOHTTP1
import WeirServer
import WeirStore

/// What commands that take their time say: progress and failures on standard error, results on standard output.
enum AdminReport {
  /// Exit code (`sysexits.h`): what was verified is not sound.
  static let unsound: Int32 = 65
  /// The server cannot be reached, or does not do what it was asked.
  static let unavailable: Int32 = 69

  static func progress(_ step: AdminProgress) {
    let text =
      switch step.step {
      case .copying: "copied \(share(step))"
      case .verifying: "verified \(share(step)) entries"
      case .erasing: "ending the user's session and deleting what is stored"
      case .rewriting: "rewriting files: \(share(step)) kinds of data"
      case .waiting: "waiting for old files"
      case .done, .failed: nil as String?
      }
    if let text { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
  }

  static func progress(_ step: BackupStep) {
    switch step {
    case .copying(let copied): progress(AdminProgress(.copying, count: copied.bytes, of: copied.ofBytes))
    case .verifying(let verified): progress(verified)
    }
  }

  static func progress(_ verified: VerifyProgress) {
    progress(AdminProgress(.verifying, count: verified.entries, of: verified.ofEntries))
  }

  private static func share(_ step: AdminProgress) -> String {
    let (count, total) = (step.count ?? 0, step.total ?? 0)
    return total > 0 ? "\(count) of \(total) (\(min(100, count * 100 / total)) %)" : "\(count)"
  }

  /// Ids come from users: they may hold anything.
  static func harmless(_ text: String) -> String { TerminalText.harmless(text).replacing("\n", with: " ") }

  /// Sends a command to the server, shows its progress, and prints what it came to.
  static func run(_ target: AdminTarget, post path: String, title: String) async throws {
    let client = try target.client()
    let lines = AdminLines { progress($0) }
    do {
      try await client.ask(.POST, path) { piece throws(AdminFailure) in try lines.take(piece) }
    } catch let failure as AdminFailure {
      throw Failing.exit(title, failure.description, code: unavailable)
    }
    guard let last = lines.last, last.step == .done || last.step == .failed else {
      throw Failing.exit(title, "The answer broke off; look into the server's log, then try again.", code: unavailable)
    }
    let sentence = harmless(last.message ?? "")
    guard last.step == .failed else { return print(sentence) }
    for finding in last.findings ?? [] { print(harmless(finding)) }
    throw Failing.exit(title, sentence, code: last.findings == nil ? unavailable : unsound)
  }

  /// Runs something on the data directory itself, and ends as its failures say.
  static func offline<Result>(_ title: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as StoreError {
      throw Failing.exit(title, error.description, code: error.exitCode)
    }
  }

  /// Prints findings and a sentence about them; throws if there are any.
  static func conclude(_ report: VerifyReport, of place: String) throws {
    for finding in report.findings { print(harmless("\(finding.kind.rawValue): \(finding)")) }
    if report.isSound { return print("\(report.totalEntries) entries in '\(place)' were verified; all is well.") }
    throw Failing.exit(
      "The data is not sound:",
      "\(report.findingCount) findings in '\(place)', of which \(report.findings.count) are listed. Restore it from a "
        + "backup, or start with what there is.", code: unsound)
  }
}
