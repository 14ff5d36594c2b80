// What a session begins with: the user, and the turns that a crash cut off.

internal import WeirCore

extension Answering {
  func session(_ keys: UserKeys) throws(StoreError) -> StoreReadResult {
    let known = try view.get(.users, keys.user) { (value) throws(StoreError) in try UserState.decode(value) }
    let records = try view.range(.turns, keys.turns()) { (iterator) throws(StoreError) in
      var records: [TurnRecord] = []
      try iterator.forEach { (_, value) throws(StoreError) in records.append(try TurnRecord.decode(value)) }
      return records
    }
    var state = known ?? UserState()
    // A turn's id is never given again, not even if the user's own record should be behind.
    state.lastTurnID = max(state.lastTurnID, records.last?.turnID ?? 0)
    return .session(state, cutTurns: records.isEmpty ? [] : try cutTurns(records, keys))
  }

  /// Gives each turn its text. Records and texts lie in the same order, so one walk over the texts does for all: most
  /// turns of a user who has many have not begun and have none.
  private func cutTurns(_ records: [TurnRecord], _ keys: UserKeys) throws(StoreError) -> [CutTurn] {
    try view.range(.turnText, keys.turnTexts) { (iterator) throws(StoreError) in
      iterator.seekToFirst()
      var cut: [CutTurn] = []
      for record in records {
        var answer = CheckpointedAnswer(base: record.baseOffset, limit: options.maximumCutTextBytes)
        while iterator.isValid {
          let isBehind = try iterator.entry { (key, value) throws(StoreError) in
            guard let place = KeyLayout.checkpoint(of: key) else { throw StoreError.damagedRecord("checkpoint") }
            if place.turn > record.turnID { return true }
            if place.turn < record.turnID { return false }
            if place.isMark {
              try answer.add(markAt: place.offset, value)
            } else {
              answer.add(textAt: place.offset, value)
            }
            return false
          }
          if isBehind { break }
          iterator.next()
        }
        let (text, marks) = answer.whole
        cut.append(CutTurn(record: record, text: text, marks: marks))
      }
      return cut
    }
  }
}
