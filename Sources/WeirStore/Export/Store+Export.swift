// Everything about one person, for that person.

package import NIOCore
package import WeirCore
import WeirWire

extension Store {
  /// Writes everything that is stored of a user as JSON lines: what is kept of the user, each conversation followed by its
  /// messages with all their parts, turns that have not ended with the text they have, and the rows of the usage ledger.
  /// Ids of sent messages are in their messages. The last line says how many there were of each, and that it is whole.
  ///
  /// It is the data of one moment. Lines come through `body`, some at a time; no more than those and one message are in
  /// memory. What `body` throws ends the export and is thrown. Blocks: for a thread of its own.
  package func export(_ user: UserID, _ body: (ByteBuffer) throws -> Void) throws {
    try UserExport.run(user, try database(), body)
  }

  /// The same from a directory that nobody need have open: a backup, or the data of a server that is stopped. Beside a
  /// running server it is of a moment while it began.
  package static func export(_ user: UserID, in directory: String, _ body: (ByteBuffer) throws -> Void) throws {
    try UserExport.run(user, try openedForReading(directory), body)
  }
}
