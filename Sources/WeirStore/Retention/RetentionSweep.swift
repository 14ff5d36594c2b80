// Finding conversations that are older than their owner's plan keeps them.

package import WeirCore

/// A conversation that has not changed for longer than it is kept.
package struct ExpiredConversation: Sendable, Equatable {
  package var user: UserID
  package var conversationID: ConversationID
  /// When the list says it changed last. If it changes again, `StoreWrite.expireConversation` leaves it alone.
  package var updatedAtMs: UInt64
}

/// A walk over all users that finds what is too old, a little at a time: meant to be stepped by a timer, with what it
/// finds handed to the shards that own the users.
///
/// It only looks. Deleting is the owner's business: a conversation that a session has in memory must leave it first, and
/// then goes with `StoreWrite.expireConversation`, which does nothing if the conversation has changed meanwhile. A user
/// costs three reads, however many conversations they keep.
package struct RetentionSweep: Sendable {
  /// What a step came to.
  package struct Step: Sendable, Equatable {
    package var expired: [ExpiredConversation] = []
    /// Users and conversations that were looked at.
    package var looked = 0
    /// The walk has come to its end; the next step begins anew.
    package var isDone = false
  }

  /// Where the next step begins: the first user whose keys lie here or behind.
  private var place: [UInt8] = []
  /// Within that user, where the list goes on; nil: with what is too old.
  private var listed: [UInt8]?

  package init() {}

  /// Goes on with the walk, as far as `limit` users and conversations. Blocks on the disk for that long: for a thread of
  /// its own, not an event loop.
  ///
  /// - Parameters:
  ///   - limit: at least 1.
  ///   - cutoff: what is kept for users of a plan: conversations that changed at this time or later, in milliseconds since
  ///     1970; nil: all. The name is that of the user's last token, empty if that named none.
  package mutating func step(
    in store: Store, limit: Int = 1000, cutoff: (_ plan: String) -> UInt64?
  ) throws(StoreError) -> Step {
    let database = try store.database()
    let view = ReadView(database)
    var step = Step()
    while step.looked < max(1, limit) {
      guard let keys = try nextUser(view) else {
        self = RetentionSweep()
        step.isDone = true
        return step
      }
      // Who was being looked at may have gone.
      if let next = listed, !next.starts(with: keys.keys.prefix) { listed = nil }
      if listed == nil { step.looked += 1 }
      let isThrough = try look(at: keys, view, limit: max(1, limit), cutoff, &step)
      if !isThrough { return step }
      place = KeyRange(prefix: keys.keys.prefix).upper
      listed = nil
    }
    return step
  }

  private typealias Owner = (user: UserID, keys: UserKeys)

  /// The first user at `place` or behind it who has a conversation in the list.
  private func nextUser(_ view: borrowing ReadView) throws(StoreError) -> Owner? {
    try view.range(.conversationList, KeyRange(place, KeyRange.all.upper)) { (iterator) throws(StoreError) in
      iterator.seekToFirst()
      guard iterator.isValid else { return nil }
      return try iterator.entry { (key, _) throws(StoreError) in
        guard let (user, _) = KeyLayout.user(of: key) else { throw StoreError.damagedRecord("list key") }
        return (user, try UserKeys(user))
      }
    }
  }

  /// False: the step is full before the user is through.
  private mutating func look(
    at owner: Owner, _ view: borrowing ReadView, limit: Int, _ cutoff: (String) -> UInt64?, _ step: inout Step
  ) throws(StoreError) -> Bool {
    let state = try view.get(.users, owner.keys.user) { (value) throws(StoreError) in try UserState.decode(value) }
    guard let oldest = cutoff(state?.plan ?? ""), oldest > 0 else { return true }
    // The list has the last changed first: what is too old lies together at the user's end.
    var range = owner.keys.listRange
    range.lower = listed ?? owner.keys.listed(before: oldest)
    var found: [ExpiredConversation] = []
    var next: [UInt8]?
    try view.range(.conversationList, range) { (iterator) throws(StoreError) in
      iterator.seekToFirst()
      while iterator.isValid {
        if step.looked + found.count >= limit {
          next = try iterator.entry { (key, _) throws(StoreError) in Array(key) }
          return
        }
        try iterator.entry { (key, _) throws(StoreError) in
          guard let listed = KeyLayout.listed(by: key) else { throw StoreError.damagedRecord("list entry") }
          found.append(
            ExpiredConversation(
              user: owner.user, conversationID: listed.conversationID, updatedAtMs: listed.updatedAtMs))
        }
        iterator.next()
      }
    }
    step.expired += found
    step.looked += found.count
    guard let next else { return true }
    place = owner.keys.prefix
    listed = next
    return false
  }
}
