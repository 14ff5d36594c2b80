import WeirCore
import WeirWire

/// What is on the disk: rows of plain values, written by whole batches. It checks what is written, because whoever reads
/// it later will believe it: a message has one place and keeps it, a turn ends once and is counted once.
final class SimulatedStore {
  struct Row {
    var state = UserState()
    var conversations: [ConversationID: Conversation] = [:]
    /// The times under which the list has a conversation.
    var listed: [ConversationID: [UInt64]] = [:]
    /// Ascending.
    var messages: [ConversationID: [Message]] = [:]
    var sent: [String: SentRecord] = [:]
    var turns: [TurnID: TurnRecord] = [:]
    var text: [TurnID: [UInt8]] = [:]
    var marks: [TurnID: [PlacedMark]] = [:]
    /// Where the answers of turns are, as the store's own index has it.
    var answers: [TurnID: (conversation: ConversationID, sequence: UInt64)] = [:]
    var usage: [UsageKey: UsageFigures] = [:]

    // What has been, for whoever asks whether something was ever true.
    var everTurns: [TurnID: TurnRecord] = [:]
    var endedTurns: Set<TurnID> = []
    var everSent: [String: [SentRecord]] = [:]
    var versions: [ConversationID: [UInt64: [Message]]] = [:]
    var deletions: [ConversationID: Int] = [:]
    /// Client ids of messages that went with their conversation.
    var deletedSends: Set<String> = []
    var highestTurn: TurnID = 0
    /// Of all turns that were counted.
    var counted = 0
    var tokens: UInt64 = 0
  }

  var rows: [Row]
  private var cache: [[UInt8]: CachedAnswer] = [:]
  let promises: Promises
  /// The plan's limits of each user, for the check of what was let in.
  private let plans: [Plan]
  private let clock: Schedule
  private var latestDay: UInt32 = 0

  init(
    users: [SimulatedUser], plans: [Plan], clock: Schedule, promises: Promises, firstTurns: [TurnID]
  ) {
    self.plans = plans
    self.clock = clock
    self.promises = promises
    rows = firstTurns.map { first in
      var row = Row()
      row.state.lastTurnID = first
      row.highestTurn = first
      return row
    }
  }

  // MARK: Writing

  /// What an entry would come to.
  func known(_ entry: JournalEntry) -> SentRecord? {
    guard let (name, id) = entry.unlessSent, let user = SimulatedUser.number(of: name) else {
      return nil
    }
    return rows[user].sent[id]
  }

  /// Writes an entry, or tells what its message came to earlier.
  func apply(_ entry: JournalEntry) -> JournalResult {
    if let earlier = known(entry) { return .exists(earlier) }
    latestDay = max(latestDay, UTCDate.day(ofMs: clock.wallClockMs))
    var ended: [TurnID: TurnRecord] = [:]
    var touched: Set<Int> = []
    for write in entry.writes {
      guard let name = write.user else {
        if case .cache(let key, let answer) = write { cache[key] = answer }
        continue
      }
      guard let user = SimulatedUser.number(of: name) else {
        promises.broke("the store was given an unknown user \(name)")
        continue
      }
      touched.insert(user)
      apply(write, user, &ended)
    }
    for user in touched.sorted() { check(user, entry) }
    return .committed
  }

  private func apply(_ write: StoreWrite, _ user: Int, _ ended: inout [TurnID: TurnRecord]) {
    switch write {
    case .user(_, let state):
      if state.lastTurnID < rows[user].highestTurn {
        promises.broke("turn ids of user \(user) go back")
      }
      rows[user].state = state
    case .conversation(_, let conversation, let previous): put(conversation, user, previous)
    case .deleteConversation(_, let id, let time): delete(id, user, time)
    case .message(_, let id, let message): put(message, id, user, ended)
    case .sent(_, let id, let record):
      rows[user].sent[id] = record
      rows[user].everSent[id, default: []].append(record)
    case .turn(_, let record): put(record, user)
    case .turnText(_, let turn, let offset, let text, let marks):
      put(text, marks, turn, Int(offset), user)
    case .endTurn(_, let turn):
      guard let record = rows[user].turns.removeValue(forKey: turn) else {
        return promises.broke("user \(user): turn \(turn) ends, and is not there")
      }
      ended[turn] = record
      rows[user].endedTurns.insert(turn)
      rows[user].text[turn] = nil
      rows[user].marks[turn] = nil
    case .usage(_, let key, let figures):
      rows[user].usage[key, default: UsageFigures()] += figures
      rows[user].counted += Int(figures.turns)
      rows[user].tokens += figures.inputTokens + figures.outputTokens
    case .eraseUser:
      rows[user] = Row()
      promises.erased(user)
    default: promises.broke("the shard gave the store a write that is not its own: \(write)")
    }
  }

  private func put(_ conversation: Conversation, _ user: Int, _ previous: UInt64?) {
    let id = conversation.id
    if let known = rows[user].conversations[id] {
      if conversation.revision < known.revision {
        promises.broke(
          "user \(user): \(id) goes back from revision \(known.revision) to \(conversation.revision)"
        )
      }
      if conversation.createdAtMs != known.createdAtMs {
        promises.broke("user \(user): \(id) was made twice")
      }
    } else if conversation.revision != 1, rows[user].deletions[id] != nil {
      promises.broke(
        "user \(user): \(id) was deleted and is back at revision \(conversation.revision)")
    }
    rows[user].conversations[id] = conversation
    if let previous { rows[user].listed[id]?.removeAll { $0 == previous } }
    if rows[user].listed[id]?.contains(conversation.updatedAtMs) != true {
      rows[user].listed[id, default: []].append(conversation.updatedAtMs)
    }
  }

  private func delete(_ id: ConversationID, _ user: Int, _ time: UInt64) {
    if promises.deletionsAsked[user, default: []].contains(id) == false {
      promises.broke("user \(user): \(id) is deleted, and nobody asked for it")
    }
    rows[user].conversations[id] = nil
    rows[user].deletions[id, default: 0] += 1
    for message in rows[user].messages[id] ?? [] where !message.clientMessageID.isEmpty {
      rows[user].sent[message.clientMessageID] = nil
      rows[user].deletedSends.insert(message.clientMessageID)
    }
    rows[user].messages[id] = nil
    rows[user].listed[id]?.removeAll { $0 == time }
    for (turn, place) in rows[user].answers where place.conversation == id {
      rows[user].answers[turn] = nil
    }
    for (turn, record) in rows[user].turns where record.conversationID == id && !record.isDirect {
      promises.broke("user \(user): turn \(turn) is deleted with \(id), and was not settled")
      rows[user].turns[turn] = nil
    }
  }

  private func put(
    _ message: Message, _ id: ConversationID, _ user: Int, _ ended: [TurnID: TurnRecord]
  ) {
    var all = rows[user].messages[id] ?? []
    let place = all.firstIndex { $0.sequence >= message.sequence } ?? all.count
    let there = place < all.count && all[place].sequence == message.sequence ? all[place] : nil
    if !promises.users[user].owns(message) {
      promises.broke("user \(user) has a stranger's message in \(id)")
    }
    if message.role == .assistant {
      checkAnswer(message, over: there, id, user, ended)
    } else {
      if there != nil {
        promises.broke("user \(user): message \(message.sequence) of \(id) is overwritten")
      }
      if all.last(where: { $0.role != .assistant }).map({ $0.sequence > message.sequence }) == true {
        promises.broke("user \(user): message \(message.sequence) of \(id) comes behind later ones")
      }
      if !message.clientMessageID.isEmpty,
        rows[user].messages.values.contains(where: {
          $0.contains { $0.clientMessageID == message.clientMessageID }
        })
      {
        promises.broke("user \(user): \(message.clientMessageID) is stored twice")
      }
    }
    if there != nil { all[place] = message } else { all.insert(message, at: place) }
    rows[user].messages[id] = all
    rows[user].versions[id, default: [:]][message.sequence, default: []].append(message)
    if message.role == .assistant { rows[user].answers[message.turnID] = (id, message.sequence) }
  }

  private func checkAnswer(
    _ message: Message, over there: Message?, _ id: ConversationID, _ user: Int,
    _ ended: [TurnID: TurnRecord]
  ) {
    if message.status == .superseded {
      var before = there
      before?.status = .superseded
      if before != message {
        promises.broke("user \(user): a replaced answer of \(id) is not what it was")
      }
      return
    }
    guard let record = ended[message.turnID], record.conversationID == id,
      record.answerSequence == message.sequence
    else {
      return promises.broke(
        "user \(user): an answer of turn \(message.turnID) does not come with its end")
    }
    if let there, there.turnID != record.continuesTurnID {
      promises.broke(
        "user \(user): turn \(message.turnID) overwrites the answer of \(there.turnID)")
    }
    if message.status == .stopped,
      !promises.stopsAsked[user, default: []].contains(.turn(message.turnID)),
      !promises.stopsAsked[user, default: []].contains(.conversation(id))
    {
      promises.broke("user \(user): turn \(message.turnID) was stopped, and nobody asked for it")
    }
    promises.answered(message, record, user)
  }

  private func put(_ record: TurnRecord, _ user: Int) {
    let turn = record.turnID
    if let known = rows[user].turns[turn] {
      if known.isStarted { promises.broke("user \(user): turn \(turn) begins twice") }
    } else {
      if turn <= rows[user].highestTurn {
        promises.broke("user \(user): turn id \(turn) comes again")
      }
      rows[user].highestTurn = max(rows[user].highestTurn, turn)
      checkAdmission(record, user)
    }
    if rows[user].turns[turn] == nil, record.baseOffset > 0 {
      promises.begins(record, user, on: rows[user].messages[record.conversationID] ?? [])
    }
    rows[user].turns[turn] = record
    rows[user].everTurns[turn] = record
  }

  /// What was let in has room in the plan, beside all that was let in before.
  private func checkAdmission(_ record: TurnRecord, _ user: Int) {
    let row = rows[user]
    let held = row.turns.values.reduce(record.reservedTokens) { $0 + $1.reservedTokens }
    let spent = row.state.day >= latestDay ? row.state.dayTokens : 0
    if let most = plans[user].tokensPerDay, spent + held > most {
      promises.broke("user \(user): \(spent) tokens spent and \(held) held of \(most)")
    }
    if let most = plans[user].turnsAtOnce, row.turns.count >= most {
      promises.broke("user \(user): \(row.turns.count + 1) turns at once of \(most)")
    }
  }

  private func put(
    _ text: [UInt8], _ marks: [PlacedMark], _ turn: TurnID, _ offset: Int, _ user: Int
  ) {
    guard let record = rows[user].turns[turn], record.isStarted else {
      return promises.broke("user \(user): text of turn \(turn), which is not running, is kept")
    }
    let known = rows[user].text[turn] ?? []
    if offset != Int(record.baseOffset) + known.count {
      promises.broke(
        "user \(user): turn \(turn) is kept from \(offset) on, after \(known.count) bytes")
    }
    rows[user].text[turn] = known + text
    for mark in marks {
      rows[user].marks[turn, default: []].removeAll { $0.offset == mark.offset }
      rows[user].marks[turn]?.append(mark)
    }
    rows[user].marks[turn]?.sort { $0.offset < $1.offset }
  }

  /// What must be true between two entries.
  private func check(_ user: Int, _ entry: JournalEntry) {
    let row = rows[user]
    if row.counted != row.endedTurns.count {
      promises.broke("user \(user): \(row.endedTurns.count) turns ended, \(row.counted) counted")
    }
    if row.state.monthTokens != row.tokens {
      promises.broke(
        "user \(user): \(row.state.monthTokens) tokens spent, \(row.tokens) in the ledger")
    }
    for write in entry.writes {
      if case .message(_, let id, _) = write, row.conversations[id] == nil {
        promises.broke("user \(user): a message without its conversation \(id)")
      }
      if case .conversation(_, let conversation, _) = write,
        row.listed[conversation.id]?.contains(conversation.updatedAtMs) != true,
        row.conversations[conversation.id] != nil
      {
        promises.broke("user \(user): \(conversation.id) is not listed")
      }
    }
  }

  // MARK: Reading

  func answer(_ question: StoreRead) -> StoreReadResult {
    switch question {
    case .cached(let key): return .cached(cache[key])
    case .session(let name):
      guard let row = row(name) else { return .session(UserState(), cutTurns: []) }
      let cut = row.turns.values.sorted { $0.turnID < $1.turnID }.map {
        CutTurn(record: $0, text: row.text[$0.turnID] ?? [], marks: row.marks[$0.turnID] ?? [])
      }
      return .session(row.state, cutTurns: cut)
    case .conversation(let name, let id, let limit, let bytes):
      guard let row = row(name), let found = row.conversations[id] else {
        return .conversation(nil, tail: [], hasMore: false)
      }
      let (tail, hasMore) = newest(row.messages[id] ?? [], limit: limit, bytes: bytes)
      return .conversation(found, tail: tail, hasMore: hasMore)
    case .conversations(let name, let after, let limit):
      var all = (row(name)?.conversations ?? [:]).values.sorted {
        ($0.updatedAtMs, $0.id) > ($1.updatedAtMs, $1.id)
      }
      if let after {
        all = all.filter { ($0.updatedAtMs, $0.id) < (after.updatedAtMs, after.conversationID) }
      }
      let page = Array(all.prefix(limit))
      let next = all.count > limit ? page.last : nil
      return .conversations(
        page, next: next.map { ListCursor(updatedAtMs: $0.updatedAtMs, conversationID: $0.id) })
    case .history(let name, let id, let before, let limit):
      guard let row = row(name), let found = row.conversations[id] else {
        return .history(conversation: nil, messages: [], hasMore: false)
      }
      let all = (row.messages[id] ?? []).filter { before == nil || $0.sequence < before ?? 0 }
      let (page, hasMore) = newest(all, limit: limit, bytes: .max)
      return .history(conversation: found, messages: page, hasMore: hasMore)
    case .sent(let name, let id): return .sent(row(name)?.sent[id])
    case .answer(let name, let turn):
      guard let row = row(name), let place = row.answers[turn] else { return .answer("", nil) }
      return .answer(
        place.conversation,
        row.messages[place.conversation]?.first { $0.sequence == place.sequence })
    }
  }

  private func row(_ name: UserID) -> Row? { SimulatedUser.number(of: name).map { rows[$0] } }

  private func newest(_ all: [Message], limit: Int, bytes: Int) -> ([Message], Bool) {
    var first = all.count
    var left = bytes
    while first > 0, all.count - first < limit,
      all.count == first || left >= all[first - 1].contentBytes
    {
      first -= 1
      left -= min(left, all[first].contentBytes)
    }
    return (Array(all[first...]), first > 0)
  }
}
