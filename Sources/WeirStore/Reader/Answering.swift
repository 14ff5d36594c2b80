// Answers questions from one moment of the database.

internal import WeirCore
import WeirWire

/// Answers questions from one view of the database. Each walks only over the keys that make its answer.
struct Answering: ~Copyable {
  private let view: ReadView
  private let options: StoreOptions

  init(_ database: Database, _ options: StoreOptions) {
    view = ReadView(database)
    self.options = options
  }

  func answer(_ question: StoreRead) -> StoreReadResult {
    do throws(StoreError) {
      switch question {
      case .session(let user): return try session(UserKeys(user))
      case .conversation(let user, let id, let messages, let bytes):
        return try conversation(id, UserKeys(user), tailMessages: messages, tailBytes: bytes)
      case .conversations(let user, let cursor, let limit):
        return try conversations(UserKeys(user), after: cursor, limit: limit)
      case .history(let user, let id, let before, let limit):
        return try history(id, UserKeys(user), before: before, limit: limit)
      case .sent(let user, let clientMessageID): return try sent(clientMessageID, UserKeys(user))
      case .answer(let user, let turn): return try answer(of: turn, UserKeys(user))
      }
    } catch {
      return .failed(error.message)
    }
  }

  private func sent(_ clientMessageID: String, _ keys: UserKeys) throws(StoreError) -> StoreReadResult {
    let key = try keys.sent(clientMessageID)
    return .sent(try view.get(.sent, key) { (value) throws(StoreError) in try SentRecord.decode(value) })
  }

  private func answer(of turn: TurnID, _ keys: UserKeys) throws(StoreError) -> StoreReadResult {
    let place = try view.get(.answers, keys.turn(turn)) { (value) throws(StoreError) in
      try AnswerRecord.decode(value)
    }
    guard let place else { return .answer("", nil) }
    let key = try keys.messages(place.conversationID).message(place.sequence)
    let message = try view.get(.messages, key) { (value) throws(StoreError) in try StoredValue.message(value) }
    return .answer(place.conversationID, message)
  }
}

// MARK: Conversations

extension Answering {
  private func conversation(
    _ id: ConversationID, _ keys: UserKeys, tailMessages: Int, tailBytes: Int
  ) throws(StoreError) -> StoreReadResult {
    guard let conversation = try conversation(id, keys) else { return .conversation(nil, tail: [], hasMore: false) }
    let (messages, hasMore) = try newest(
      try keys.messages(id).range(), limit: tailMessages, bytes: min(tailBytes, options.maximumPageBytes))
    return .conversation(conversation, tail: messages, hasMore: hasMore)
  }

  private func history(
    _ id: ConversationID, _ keys: UserKeys, before: UInt64?, limit: Int
  ) throws(StoreError) -> StoreReadResult {
    guard let conversation = try conversation(id, keys) else {
      return .history(conversation: nil, messages: [], hasMore: false)
    }
    let (messages, hasMore) = try newest(
      try keys.messages(id).range(below: before), limit: limit, bytes: options.maximumPageBytes)
    return .history(conversation: conversation, messages: messages, hasMore: hasMore)
  }

  private func conversation(_ id: ConversationID, _ keys: UserKeys) throws(StoreError) -> Conversation? {
    try view.get(.conversations, try keys.conversation(id)) { (value) throws(StoreError) in
      try StoredValue.conversation(value)
    }
  }

  /// The newest messages of a range, ascending: walks back from its end until there are enough. At least one, if there
  /// is one and `limit` allows it, so that a page always gets on.
  private func newest(
    _ range: KeyRange, limit: Int, bytes: Int
  ) throws(StoreError) -> (messages: [Message], hasMore: Bool) {
    let limit = max(0, min(limit, options.maximumPageEntries))
    return try view.range(.messages, range) { (iterator) throws(StoreError) in
      var messages: [Message] = []
      var total = 0
      iterator.seekToLast()
      while iterator.isValid, messages.count < limit {
        let message = try iterator.entry { (_, value) throws(StoreError) -> Message? in
          if !messages.isEmpty, total + value.count > bytes { return nil }
          total += value.count
          return try StoredValue.message(value)
        }
        guard let message else { break }
        messages.append(message)
        iterator.previous()
      }
      messages.reverse()
      return (messages, iterator.isValid)
    }
  }

  private func conversations(
    _ keys: UserKeys, after cursor: ListCursor?, limit: Int
  ) throws(StoreError) -> StoreReadResult {
    let limit = max(1, min(limit, options.maximumPageEntries))
    var range = keys.listRange
    if let cursor {
      // The smallest key behind the cursor's own.
      range.lower = try keys.listed(updatedAtMs: cursor.updatedAtMs, cursor.conversationID) + [0]
    }
    return try view.range(.conversationList, range) { (iterator) throws(StoreError) in
      var found: [Conversation] = []
      iterator.seekToFirst()
      while iterator.isValid {
        let place = try iterator.entry { (key, _) throws(StoreError) in
          guard let place = KeyLayout.listed(by: key) else { throw StoreError.damagedRecord("list entry") }
          return place
        }
        if found.count == limit, let last = found.last {
          let next = ListCursor(updatedAtMs: last.updatedAtMs, conversationID: last.id)
          return .conversations(found, next: next)
        }
        // An entry that its conversation does not confirm is one that a changed clock left behind.
        if let conversation = try conversation(place.conversationID, keys),
          conversation.updatedAtMs == place.updatedAtMs
        {
          found.append(conversation)
        }
        iterator.next()
      }
      return .conversations(found, next: nil)
    }
  }
}

// MARK: Session

extension Answering {
  private func session(_ keys: UserKeys) throws(StoreError) -> StoreReadResult {
    let user = try view.get(.users, keys.user) { (value) throws(StoreError) in try UserRecord.decode(value) }
    let records = try view.range(.turns, keys.turns()) { (iterator) throws(StoreError) in
      var records: [TurnRecord] = []
      try iterator.forEach { (_, value) throws(StoreError) in records.append(try TurnRecord.decode(value)) }
      return records
    }
    var cut: [CutTurn] = []
    for record in records { cut.append(CutTurn(record: record, text: try text(of: record, keys))) }
    // A turn's id is never given again, not even if the user's own record should be behind.
    let lastTurnID = max(user?.lastTurnID ?? 0, records.last?.turnID ?? 0)
    return .session(lastTurnID: lastTurnID, cutTurns: cut)
  }

  /// Joins the checkpoints of a turn from its base on, as far as they join without a gap.
  private func text(of record: TurnRecord, _ keys: UserKeys) throws(StoreError) -> [UInt8] {
    try view.range(.turnText, keys.turnText(record.turnID)) { (iterator) throws(StoreError) in
      var text: [UInt8] = []
      iterator.seekToFirst()
      while iterator.isValid, text.count < options.maximumCutTextBytes {
        let joins = try iterator.entry { (key, value) throws(StoreError) in
          guard let offset = KeyLayout.lastNumber(of: key) else { throw StoreError.damagedRecord("checkpoint") }
          let end = record.baseOffset + UInt64(text.count)
          if offset > end { return false }
          // A checkpoint that says again what is there already adds only what is new.
          if end - offset < UInt64(value.count) { text.append(contentsOf: value[Int(end - offset)...]) }
          return true
        }
        if !joins { break }
        iterator.next()
      }
      return WholeCharacters.prefix(of: text)
    }
  }
}
