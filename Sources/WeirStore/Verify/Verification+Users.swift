internal import WeirCore

// What is kept of users, what they used, and what concerns the whole database.
extension Verification {
  mutating func checkMeta() {
    forEach(.meta) { (check, key, _) throws(StoreError) in
      // Its value has been looked at before the walk.
      if !key.elementsEqual(KeyLayout.schemaVersionKey) { check.strange(key, .meta) }
    }
  }

  mutating func checkUsers() {
    forEach(.users) { (check, key, value) throws(StoreError) in
      guard let (_, user, end) = check.owner(key, .users) else { return }
      guard end == key.count else { return check.strange(key, .users) }
      guard let state = try? UserState.decode(value) else {
        return check.find(.badRecord, "\(user): the record cannot be decoded.")
      }
      if UTCDate.month(ofMs: UInt64(state.day) * 86_400_000) == state.month, state.dayTokens > state.monthTokens {
        check.find(
          .badUser, "\(user) used \(state.dayTokens) tokens in a day, but \(state.monthTokens) in its month.")
      }
    }
  }

  /// The highest turn id that the user's record knows; nil: there is no record. One that does not decode has been found
  /// where users are walked.
  borrowing func lastTurn(of keys: UserKeys) throws(StoreError) -> TurnID? {
    try get(.users, keys.user) { (try? UserState.decode($0))?.lastTurnID ?? .max }
  }

  mutating func checkUsage() {
    forEach(.usage) { (check, key, value) throws(StoreError) in
      guard let (keys, user, _) = check.owner(key, .usage) else { return }
      guard let (_, row) = KeyLayout.usage(of: key), let own = try? keys.usage(row), key.elementsEqual(own) else {
        return check.strange(key, .usage)
      }
      let name = "\(user): the usage of \(UTCDate.text(day: row.day)) with model '\(row.model)'"
      guard let figures = try? UsageFigures.decode(value) else {
        return check.find(.badRecord, "\(name) cannot be decoded.")
      }
      if figures.failures > figures.turns || figures.cacheHits > figures.turns {
        check.find(
          .badUsage,
          "\(name) counts \(figures.turns) turns, of which \(figures.failures) failed and \(figures.cacheHits) were kept "
            + "answers.")
      }
    }
  }
}
