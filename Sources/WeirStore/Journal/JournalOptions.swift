// The journal's limits.

/// The journal's limits.
package struct JournalOptions: Sendable {
  /// Bytes of entries waiting or being written. What comes beyond is refused.
  package var maximumQueuedBytes: Int = 64 << 20
  /// Bytes of entries in one commit.
  package var maximumBatchBytes: Int = 4 << 20
  /// Entries in one commit.
  package var maximumBatchEntries: Int = 4096

  package init() {}
}
