// Erasing without a server.

import NIOConcurrencyHelpers
package import WeirCore

extension Store {
  /// Erases a user as the journal's `StoreWrite.eraseUser` does, where no journal and no session is at work: for tools on
  /// a directory of their own. `scrub` then takes the bytes off the disk. Blocks.
  package func eraseAlone(_ user: UserID) throws(StoreError) {
    let result = NIOLockedValueBox<JournalResult?>(nil)
    let journal = try Journal(
      store: self, replies: [{ replies in result.withLockedValue { $0 = replies.last?.result } }])
    journal.append(JournalEntry(writes: [.eraseUser(user)]), shard: 0, token: 1)
    journal.shutdown()
    if let error = journal.failure { throw error }
    if case .failed(let sentence) = result.withLockedValue({ $0 }) { throw StoreError(.invalid, sentence) }
  }
}
