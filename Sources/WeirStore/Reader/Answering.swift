// Answers questions from one moment of the database.

internal import WeirCore
import WeirWire

/// Answers questions from one view of the database. Each walks only over the keys that make its answer.
struct Answering: ~Copyable {
  let view: ReadView
  private let cache: AnswerCache?
  let options: StoreOptions

  init(_ store: Store) throws(StoreError) {
    let (database, cache) = try store.handles()
    view = ReadView(database)
    self.cache = cache
    options = store.options
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
      case .cached(let key):
        try KeyLayout.checkCacheKey(key)
        return .cached(cache?.answer(key, nowMs: options.nowMs()))
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
