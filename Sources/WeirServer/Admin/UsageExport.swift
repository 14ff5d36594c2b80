import NIOCore
import NIOHTTP1
import WeirCore

/// Walks over the usage ledger, calling back for each row. Blocks; what the callback throws ends the walk and is thrown.
typealias UsageScan =
  @Sendable (UsageQuery, (UserID, UsageKey, UsageFigures) throws -> Void) throws -> Void

/// Sends the rows of the usage ledger as they are read.
enum UsageExport {
  private struct Unreadable: Error, CustomStringConvertible {
    let description: String
  }

  private static let batchBytes = 32 << 10

  /// Answers with the rows. `whenDone` is called when they have been read.
  static func run(
    _ query: UsageQuery, through stream: HTTPResponseStream, _ scan: @escaping UsageScan,
    whenDone: @escaping @Sendable () -> Void
  ) {
    BlockingAnswer.run(headers: headers(query), through: stream, whenDone: whenDone) { answer in
      var writer = UsageRowWriter(query)
      do {
        try scan(query) { user, key, figures in
          writer.add(user, key, figures)
          if writer.bytes.readableBytes >= batchBytes { try answer.send(writer.take()) }
        }
      } catch let gone as BlockingAnswer.Gone {
        throw gone
      } catch {
        throw Unreadable(description: "The ledger could not be read: \(error)")
      }
      writer.finish()
      try answer.end(writer.take())
    }
  }

  private static func headers(_ query: UsageQuery) -> HTTPHeaders {
    switch query.format {
    case .json: ["Content-Type": "application/json"]
    case .csv:
      ["Content-Type": "text/csv; charset=utf-8", "Content-Disposition": "attachment; filename=\"usage.csv\""]
    }
  }
}
