// The turns that were cut off, over all users.

package import WeirCore

/// The turns that were cut off when the store was last in use.
package struct CutTurnCount: Sendable, Equatable {
  package var users = 0
  package var turns = 0

  package init(users: Int = 0, turns: Int = 0) {
    self.users = users
    self.turns = turns
  }
}

extension Store {
  /// Walks over the turns of all users that have not ended. At start, before the first session, these are exactly those
  /// that a crash or a restart cut off.
  ///
  /// Each user comes once, with their turns in the order of their ids, the first `limit` of them. That is the most that
  /// is held at a time. Blocks on the disk: on the caller's thread, never an event loop.
  package func scanCutTurns(
    limit: Int = 1000, _ visit: (UserID, [TurnRecord]) throws -> Void = { _, _ in }
  ) throws -> CutTurnCount {
    let view = ReadView(try database())
    var count = CutTurnCount()
    var failure: (any Error)?
    try view.range(.turns, .all) { (iterator) throws(StoreError) in
      var current: (user: UserID, records: [TurnRecord])?
      func flush() -> Bool {
        guard let (user, records) = current else { return true }
        do { try visit(user, records) } catch { failure = error }
        return failure == nil
      }
      iterator.seekToFirst()
      while iterator.isValid {
        let (user, record) = try iterator.entry { (key, value) throws(StoreError) in
          guard let (user, _) = KeyLayout.user(of: key) else { throw StoreError.damagedRecord("turn key") }
          return (user, try TurnRecord.decode(value))
        }
        count.turns += 1
        // Keys of a user lie together. Compared by their bytes: two spellings of one character are two users.
        if let known = current?.user, known.utf8.elementsEqual(user.utf8) {
          if let held = current?.records.count, held < limit { current?.records.append(record) }
        } else {
          guard flush() else { return }
          count.users += 1
          current = (user, [record])
        }
        iterator.next()
      }
      _ = flush()
    }
    if let failure { throw failure }
    return count
  }
}
