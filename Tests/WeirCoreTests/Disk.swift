import WeirCore
import WeirWire

/// A store in dictionaries, as simple as can be, to compare with.
struct Disk {
  struct User {
    var state = UserState()
    var usage: [UsageKey: UsageFigures] = [:]
    /// Turns that were there and ended.
    var endedTurns = 0
    var marks: [TurnID: [PlacedMark]] = [:]
    var conversations: [ConversationID: Conversation] = [:]
    var messages: [ConversationID: [UInt64: Message]] = [:]
    var sent: [String: SentRecord] = [:]
    var turns: [TurnID: TurnRecord] = [:]
    var text: [TurnID: [UInt8]] = [:]
    /// The list of conversations: it must hold each once, under its time.
    var list: [String: ConversationID] = [:]
  }
  var users: [UserID: User] = [:]
  var cache: [[UInt8]: CachedAnswer] = [:]

  mutating func apply(_ entry: JournalEntry) -> JournalResult {
    if let (user, id) = entry.unlessSent, let earlier = users[user]?.sent[id] { return .exists(earlier) }
    for write in entry.writes { apply(write) }
    return .committed
  }

  private static func place(_ time: UInt64, _ id: ConversationID) -> String { "\(time).\(id)" }

  private mutating func apply(_ write: StoreWrite) {
    switch write {
    case .user(let user, let state): users[user, default: User()].state = state
    case .usage(let user, let key, let figures):
      users[user, default: User()].usage[key, default: UsageFigures()] += figures
    case .cache(let key, let answer): cache[key] = answer
    case .conversation(let user, let conversation, let previous):
      users[user, default: User()].conversations[conversation.id] = conversation
      if let previous { users[user]?.list[Self.place(previous, conversation.id)] = nil }
      users[user]?.list[Self.place(conversation.updatedAtMs, conversation.id)] = conversation.id
    case .eraseUser(let user): users[user] = nil
    case .expireConversation(let user, let id, let time):
      if users[user]?.conversations[id]?.updatedAtMs == time {
        apply(.deleteConversation(user, id, updatedAtMs: time))
      }
    case .deleteConversation(let user, let id, let time):
      users[user]?.conversations[id] = nil
      for message in (users[user]?.messages[id] ?? [:]).values { users[user]?.sent[message.clientMessageID] = nil }
      users[user]?.messages[id] = nil
      users[user]?.list[Self.place(time, id)] = nil
      for (turn, record) in users[user]?.turns ?? [:] where record.conversationID == id {
        users[user]?.turns[turn] = nil
        users[user]?.text[turn] = nil
      }
    case .message(let user, let id, let message):
      users[user, default: User()].messages[id, default: [:]][message.sequence] = message
    case .sent(let user, let clientMessageID, let record): users[user, default: User()].sent[clientMessageID] = record
    case .turn(let user, let record): users[user, default: User()].turns[record.turnID] = record
    case .turnText(let user, let turn, let offset, let text, let marks):
      guard let record = users[user]?.turns[turn] else { return }
      let known = users[user]?.text[turn] ?? []
      precondition(Int(offset) == Int(record.baseOffset) + known.count, "checkpoints follow one another")
      users[user]?.text[turn] = known + text
      for mark in marks {
        users[user]?.marks[turn, default: []].removeAll { $0.offset == mark.offset }
        users[user]?.marks[turn]?.append(mark)
      }
      users[user]?.marks[turn]?.sort { $0.offset < $1.offset }
    case .endTurn(let user, let turn):
      if users[user]?.turns[turn] != nil { users[user]?.endedTurns += 1 }
      users[user]?.turns[turn] = nil
      users[user]?.text[turn] = nil
      users[user]?.marks[turn] = nil
    }
  }

  func messages(_ user: UserID, _ id: ConversationID) -> [Message] {
    (users[user]?.messages[id] ?? [:]).values.sorted { $0.sequence < $1.sequence }
  }

  func answer(_ question: StoreRead) -> StoreReadResult {
    switch question {
    case .session(let user):
      let turns = (users[user]?.turns ?? [:]).values.sorted { $0.turnID < $1.turnID }
      let cut = turns.map {
        CutTurn(record: $0, text: users[user]?.text[$0.turnID] ?? [], marks: users[user]?.marks[$0.turnID] ?? [])
      }
      return .session(users[user]?.state ?? UserState(), cutTurns: cut)
    case .conversation(let user, let id, let tailMessages, _):
      let all = messages(user, id)
      return .conversation(
        users[user]?.conversations[id], tail: Array(all.suffix(tailMessages)), hasMore: all.count > tailMessages)
    case .conversations(let user, let after, let limit):
      var all = (users[user]?.conversations ?? [:]).values.sorted {
        ($0.updatedAtMs, $0.id) > ($1.updatedAtMs, $1.id)
      }
      if let after { all = all.filter { ($0.updatedAtMs, $0.id) < (after.updatedAtMs, after.conversationID) } }
      let page = Array(all.prefix(limit))
      let next = all.count > limit ? page.last : nil
      return .conversations(page, next: next.map { ListCursor(updatedAtMs: $0.updatedAtMs, conversationID: $0.id) })
    case .history(let user, let id, let before, let limit):
      let all = messages(user, id).filter { $0.sequence < before ?? .max }
      return .history(
        conversation: users[user]?.conversations[id], messages: Array(all.suffix(limit)), hasMore: all.count > limit)
    case .cached(let key): return .cached(cache[key])
    case .sent(let user, let id): return .sent(users[user]?.sent[id])
    case .answer(let user, let turn):
      for (id, messages) in users[user]?.messages ?? [:] {
        for message in messages.values where message.turnID == turn && message.role == .assistant {
          return .answer(id, message)
        }
      }
      return .answer("", nil)
    }
  }
}
