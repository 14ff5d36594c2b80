import FoundationEssentials
import NIOCore

/// A line of the answer to a command that takes its time: how far it has come, and at last how it ended. JSON, one a
/// line, at least one a second; the last has the step `done` or `failed`, else the answer broke off.
package struct AdminProgress: Codable, Sendable, Equatable {
  package enum Step: String, Codable, Sendable {
    /// Bytes are copied: `count` of `total`.
    case copying
    /// Entries are looked at: `count` of `total`, estimated.
    case verifying
    /// The user's session ends, and what is stored of them is deleted.
    case erasing
    /// Files are rewritten without what was deleted: kinds of data, `count` of `total`.
    case rewriting
    /// Old files, or readers of them, are waited for: `count`.
    case waiting
    case done
    case failed
  }

  package var step: Step
  package var count: UInt64?
  package var total: UInt64?
  /// What was done or what went wrong, in a sentence.
  package var message: String?
  /// Where a backup is.
  package var directory: String?
  /// What verification found; the first of it.
  package var findings: [String]?

  package init(_ step: Step, count: UInt64? = nil, of total: UInt64? = nil, message: String? = nil) {
    self.step = step
    self.count = count
    self.total = total
    self.message = message
  }

  /// As a line.
  var line: ByteBuffer {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Whole numbers and texts: there is nothing that JSON has no form for.
    var bytes = ByteBuffer(bytes: (try? encoder.encode(self)) ?? Data())
    bytes.writeStaticString("\n")
    return bytes
  }
}
