// What a verification found.

/// Something in the data that is not as it must be.
package struct VerifyFinding: Sendable, Equatable, CustomStringConvertible {
  /// What kind of damage, stable across versions.
  package enum Kind: String, Sendable, CaseIterable {
    /// A block or file cannot be read.
    case unreadable
    /// A key that is not of the layout.
    case strangeKey = "strange-key"
    /// A record that does not decode, or says another id than its key.
    case badRecord = "bad-record"
    /// A conversation that the list does not have, or not at its time.
    case notListed = "not-listed"
    /// An entry of the list whose conversation is not there, or has changed at another time.
    case listedForNothing = "listed-for-nothing"
    /// Messages of a conversation that is not there.
    case orphanMessages = "orphan-messages"
    /// A message behind the conversation's last one, or before its first.
    case badSequence = "bad-sequence"
    /// An answer that cannot be found by its turn.
    case answerNotFound = "answer-not-found"
    /// An answer by its turn that points to no answer.
    case answerForNothing = "answer-for-nothing"
    /// A message that sending it again would not find.
    case sentNotFound = "sent-not-found"
    /// A sent message that is not there.
    case sentForNothing = "sent-for-nothing"
    /// A turn whose conversation or question is not there.
    case orphanTurn = "orphan-turn"
    /// Text of a turn that is not there.
    case orphanText = "orphan-text"
    /// Text of a turn with a gap, or parts that begin behind its end.
    case brokenText = "broken-text"
    /// What is kept of a user cannot be.
    case badUser = "bad-user"
    /// A row of the usage ledger that cannot be.
    case badUsage = "bad-usage"
  }

  package var kind: Kind
  /// What is wrong, in a sentence. Holds ids as they are stored.
  package var description: String
}

/// How far a verification has come.
package struct VerifyProgress: Sendable, Equatable {
  /// The kind of data being looked at.
  package var family: ColumnFamily
  /// Entries looked at, over all kinds.
  package var entries: UInt64
  /// Entries there are, by RocksDB's estimate.
  package var ofEntries: UInt64
  package var findings: Int
}

/// What a verification came to.
package struct VerifyReport: Sendable, Equatable {
  /// Entries looked at, by kind of data.
  package internal(set) var entries: [ColumnFamily: UInt64] = [:]
  /// The first of the findings.
  package internal(set) var findings: [VerifyFinding] = []
  /// How many there are in all.
  package internal(set) var findingCount = 0

  package var isSound: Bool { findingCount == 0 }
  /// Entries looked at, over all kinds.
  package var totalEntries: UInt64 { entries.values.reduce(0, +) }
}
