// Turns journal entries into one write batch.

import CRocksDB
internal import NIOCore
internal import WeirCore
import WeirWire

/// Collects entries into one batch, as if each had been committed before the next was looked at. On the journal's thread
/// only.
///
/// The database does not show what the batch holds. Where an entry depends on earlier ones (is this message known? what
/// has this conversation?), what the batch holds is remembered beside it: `sent`, `usage`, `turnsWithText` and `written`.
struct BatchBuilder: ~Copyable {
  /// What becomes of an entry once the batch is committed.
  enum Verdict {
    case written
    /// Stored before. `isPending`: by this very batch.
    case exists(SentRecord, isPending: Bool)
    /// Not storable; nothing of it is in the batch.
    case refused(String)

    var result: JournalResult {
      switch self {
      case .written: .committed
      case .exists(let record, _): .exists(record)
      case .refused(let sentence): .failed(sentence)
      }
    }

    func result(ifCommitFails sentence: String) -> JournalResult {
      if case .exists(let record, isPending: false) = self { return .exists(record) }
      return .failed(sentence)
    }
  }

  private let database: Database
  /// For point reads of what is there now.
  private let options: OpaquePointer?
  private var batch: WriteBatch
  /// Where answers for equal calls go; nil: nowhere.
  private let cache: AnswerCache?
  /// Those of the entries in the batch. They go to the cache after the commit.
  private var answers: [(key: [UInt8], answer: CachedAnswer)] = []
  private var buffer = ByteBuffer()
  /// Sent records that the batch writes (or, nil, deletes), by key.
  private var sent: [[UInt8]: SentRecord?] = [:]
  /// The same for the entry being added.
  private var sentByEntry: [([UInt8], SentRecord?)] = []
  /// The rows of the usage ledger.
  private var usage = UsageRows()
  /// The turns, by key, for which the batch may hold text.
  private var turnsWithText: Set<[UInt8]> = []
  /// What the batch holds by conversation; made when the first deletion asks for it.
  private var written: WrittenByConversation?
  /// The entries in the batch, to make `written` of.
  private var entries: [JournalEntry] = []

  init(_ database: Database, _ cache: AnswerCache?, _ level: WriteLevel) {
    self.database = database
    self.cache = cache
    options = rocksdb_readoptions_create()
    batch = WriteBatch(database, level)
  }

  deinit { rocksdb_readoptions_destroy(options) }

  /// Whether there is nothing to commit; there may be answers to keep.
  var isEmpty: Bool { batch.count == 0 }
  var byteCount: Int { batch.byteCount }

  /// Commits what must last.
  mutating func commit() throws(StoreError) {
    do throws(StoreError) {
      try batch.commit()
    } catch {
      usage.dropBatch()
      throw error
    }
    usage.keepBatch()
  }

  /// Puts the answers of the committed entries into the cache. Returns how many it did not take: another call each, and
  /// nothing else.
  mutating func keepAnswers() -> Int {
    var refused = 0
    for (key, answer) in answers {
      buffer.clear()
      answer.encode(into: &buffer)
      let isTaken = buffer.withUnsafeReadableBytes { (try? cache?.put(key, $0)) != nil }
      if !isTaken { refused += 1 }
    }
    return refused
  }

  mutating func clear() {
    batch.clear()
    answers.removeAll(keepingCapacity: true)
    sent.removeAll(keepingCapacity: true)
    turnsWithText.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    written = nil
  }

  /// Adds all of an entry, or nothing of it.
  mutating func add(_ entry: JournalEntry) -> Verdict {
    do throws(StoreError) {
      if let (user, id) = entry.unlessSent, let known = try record(ofSent: UserKeys(user).sent(id)) { return known }
      batch.setSavePoint()
      sentByEntry.removeAll(keepingCapacity: true)
      do throws(StoreError) {
        for (place, write) in entry.writes.enumerated() { try add(write, at: place, of: entry) }
      } catch {
        try batch.rollBack()
        throw error
      }
      try batch.dropSavePoint()
    } catch {
      usage.dropEntry()
      return .refused(error.message)
    }
    usage.keepEntry()
    if cache != nil {
      for case .cache(let key, let answer) in entry.writes { answers.append((key, answer)) }
    }
    for (key, record) in sentByEntry { sent.updateValue(record, forKey: key) }
    entries.append(entry)
    return .written
  }

  private func record(ofSent key: [UInt8]) throws(StoreError) -> Verdict? {
    if let pending = sent[key] { return pending.map { .exists($0, isPending: true) } }
    let stored = try database.get(.sent, key, options) { (value) throws(StoreError) in try SentRecord.decode(value) }
    return stored.map { .exists($0, isPending: false) }
  }

  private mutating func add(_ write: StoreWrite, at place: Int, of entry: JournalEntry) throws(StoreError) {
    switch write {
    case .user(let user, let state):
      try put(.users, UserKeys(user).user, state)
    case .conversation(let user, let conversation, let previousUpdatedAtMs):
      try put(conversation, of: UserKeys(user), listedAt: previousUpdatedAtMs)
    case .message(let user, let id, let message):
      try put(message, in: id, of: UserKeys(user))
    case .sent(let user, let clientMessageID, let record):
      let key = try UserKeys(user).sent(clientMessageID)
      put(.sent, key, record)
      sentByEntry.append((key, record))
    case .turn(let user, let record):
      try put(.turns, UserKeys(user).turn(record.turnID), record)
    case .turnText(let user, let id, let offset, let text, let marks):
      let keys = try UserKeys(user)
      turnsWithText.insert(keys.turn(id))
      text.withUnsafeBytes { batch.put(.turnText, keys.turnText(id, offset: offset), $0) }
      for mark in marks { put(mark, of: id, keys) }
    case .endTurn(let user, let id):
      try end(id, of: UserKeys(user))
    case .deleteConversation(let user, let id, let updatedAtMs):
      let earlier = entry.writes[..<place]
      try delete(id, of: UserKeys(user), listedAt: updatedAtMs, earlier)
    case .expireConversation(let user, let id, let updatedAtMs):
      let earlier = entry.writes[..<place]
      try expire(id, of: UserKeys(user), listedAt: updatedAtMs, earlier)
    case .eraseUser(let user):
      guard batch.count == 0, entry.writes.count == 1, entry.unlessSent == nil else {
        throw StoreError(.invalid, "Erasing a user is the only write of its entry; hand over the others apart.")
      }
      try erase(UserKeys(user))
    case .usage(let user, let row, let figures):
      try add(figures, to: UserKeys(user).usage(row))
    case .cache(let key, _):
      // Goes to the cache when all of the entry has been committed.
      try KeyLayout.checkCacheKey(key)
    }
    written?.note(write)
  }

  private mutating func put(_ mark: PlacedMark, of id: TurnID, _ keys: UserKeys) {
    var record = mark
    record.offset = 0
    put(.turnText, keys.turnMark(id, offset: mark.offset), record)
  }

  private mutating func add(_ figures: UsageFigures, to key: [UInt8]) throws(StoreError) {
    // Local names: a closure must not hold all of the builder while a part of it changes.
    let (database, options) = (database, options)
    let sum = try usage.add(figures, to: key) { () throws(StoreError) in
      try database.get(.usage, key, options) { (value) throws(StoreError) in try UsageFigures.decode(value) }
    }
    put(.usage, key, sum)
  }

  private mutating func put(
    _ conversation: Conversation, of keys: UserKeys, listedAt previous: UInt64?
  ) throws(StoreError) {
    let place = try keys.listed(updatedAtMs: conversation.updatedAtMs, conversation.id)
    if let previous, previous != conversation.updatedAtMs {
      batch.delete(.conversationList, try keys.listed(updatedAtMs: previous, conversation.id))
    }
    batch.put(.conversationList, place, UnsafeRawBufferPointer(start: nil, count: 0))
    buffer.clear()
    conversation.encode(into: &buffer)
    putBuffer(.conversations, try keys.conversation(conversation.id))
  }

  private mutating func put(_ message: Message, in id: ConversationID, of keys: UserKeys) throws(StoreError) {
    buffer.clear()
    message.encode(into: &buffer)
    putBuffer(.messages, try keys.messages(id).message(message.sequence))
    if message.role == .assistant, message.turnID != 0 {
      put(.answers, keys.turn(message.turnID), AnswerRecord(conversationID: id, sequence: message.sequence))
    }
  }

  private mutating func put(_ family: ColumnFamily, _ key: [UInt8], _ record: some StoredRecord) {
    buffer.clear()
    record.encode(into: &buffer)
    putBuffer(family, key)
  }

  private mutating func putBuffer(_ family: ColumnFamily, _ key: [UInt8]) {
    buffer.withUnsafeReadableBytes { batch.put(family, key, $0) }
  }

  /// Deletes a turn's record and its text with the marks.
  ///
  /// The text is a handful of entries, deleted one by one: a range deletion at the end of every turn would pile up
  /// thousands of tombstones, which every later read of the column family has to sort. Only text that is still in this
  /// very batch, where it cannot be found, goes by range.
  private mutating func end(_ id: TurnID, of keys: UserKeys) throws(StoreError) {
    let turn = keys.turn(id)
    batch.delete(.turns, turn)
    try deleteEach(in: keys.turnText(id), of: .turnText)
    if turnsWithText.contains(turn) { batch.delete(.turnText, keys.turnText(id)) }
  }

  private mutating func deleteEach(in range: KeyRange, of family: ColumnFamily) throws(StoreError) {
    var iterator = RangeIterator(database, family, range, snapshot: nil)
    iterator.seekToFirst()
    while iterator.isValid {
      try iterator.entry { (key, _) throws(StoreError) in batch.delete(family, key) }
      iterator.next()
    }
    try iterator.check()
  }
}

extension BatchBuilder {
  /// Up to so many messages of a deleted conversation are deleted one by one; more go by range, see `end`.
  private static let deletedOneByOne = 512

  /// Deletes a conversation with all that belongs to it: what is stored, and what the batch holds before this.
  /// `earlier`: the writes of the same entry before this one.
  ///
  /// It reads each message once, on the journal's thread: measured with the commit, about 7 microseconds a message: a
  /// conversation of 10,000 holds up other commits for 70 ms.
  private mutating func delete(
    _ id: ConversationID, of keys: UserKeys, listedAt updatedAtMs: UInt64, _ earlier: ArraySlice<StoreWrite>
  ) throws(StoreError) {
    batch.delete(.conversations, try keys.conversation(id))
    batch.delete(.conversationList, try keys.listed(updatedAtMs: updatedAtMs, id))
    if written == nil { written = WrittenByConversation(entries, and: earlier) }
    let held = written?.take(id, of: keys) ?? .init()

    let messages = try keys.messages(id).range()
    var firstTurn = held.firstTurn
    var stored = 0
    var iterator = RangeIterator(database, .messages, messages, snapshot: nil)
    iterator.seekToFirst()
    while iterator.isValid {
      try iterator.entry { (key, value) throws(StoreError) in
        let message = try StoredValue.message(value)
        if message.turnID != 0 { firstTurn = min(firstTurn, message.turnID) }
        if !message.clientMessageID.isEmpty { try deleteSent(message.clientMessageID, of: keys) }
        if stored < Self.deletedOneByOne { batch.delete(.messages, key) }
      }
      stored += 1
      iterator.next()
    }
    try iterator.check()
    if stored > Self.deletedOneByOne || held.hasMessages { batch.delete(.messages, messages) }
    for clientMessageID in held.clientMessageIDs { try deleteSent(clientMessageID, of: keys) }
    for turn in held.answeringTurns { batch.delete(.answers, keys.turn(turn)) }
    for turn in held.turns { try end(turn, of: keys) }
    try deleteAnswers(in: id, from: firstTurn, of: keys)
    try deleteTurns(in: id, of: keys)
  }

  /// Deletes a conversation that has not changed since the list had it at `updatedAtMs`. A list entry for a time that its
  /// conversation does not have goes by itself.
  private mutating func expire(
    _ id: ConversationID, of keys: UserKeys, listedAt updatedAtMs: UInt64, _ earlier: ArraySlice<StoreWrite>
  ) throws(StoreError) {
    if written == nil { written = WrittenByConversation(entries, and: earlier) }
    let key = try keys.conversation(id)
    var changedAtMs = written?.updatedAtMs(key)
    if changedAtMs == nil {
      changedAtMs = try database.get(.conversations, key, options) { (value) throws(StoreError) in
        try StoredValue.conversation(value).updatedAtMs
      }
    }
    if changedAtMs == updatedAtMs {
      try delete(id, of: keys, listedAt: updatedAtMs, earlier)
    } else {
      batch.delete(.conversationList, try keys.listed(updatedAtMs: updatedAtMs, id))
    }
  }

  /// Deletes all keys of a user, by range: it takes the same time whatever the user has. The tombstones stay only until
  /// `Store.scrub` has rewritten the files.
  private mutating func erase(_ keys: UserKeys) throws(StoreError) {
    for family in ColumnFamily.allCases where family != .meta { batch.delete(family, KeyRange(prefix: keys.prefix)) }
    usage.forget(keys.prefix)
  }

  private mutating func deleteSent(_ clientMessageID: String, of keys: UserKeys) throws(StoreError) {
    let key = try keys.sent(clientMessageID)
    batch.delete(.sent, key)
    sentByEntry.append((key, nil))
  }

  /// A message names only the last turn that wrote it; the turns it went on from have entries too. So all answers since
  /// the conversation's first turn are looked at; ids grow, so none is before it.
  private mutating func deleteAnswers(
    in id: ConversationID, from firstTurn: TurnID, of keys: UserKeys
  ) throws(StoreError) {
    if firstTurn == .max { return }
    var iterator = RangeIterator(database, .answers, keys.turns(from: firstTurn), snapshot: nil)
    iterator.seekToFirst()
    while iterator.isValid {
      try iterator.entry { (key, value) throws(StoreError) in
        if try AnswerRecord.decode(value).conversationID == id { batch.delete(.answers, key) }
      }
      iterator.next()
    }
    try iterator.check()
  }

  private mutating func deleteTurns(in id: ConversationID, of keys: UserKeys) throws(StoreError) {
    var iterator = RangeIterator(database, .turns, keys.turns(), snapshot: nil)
    iterator.seekToFirst()
    while iterator.isValid {
      let record = try iterator.entry { (_, value) throws(StoreError) in try TurnRecord.decode(value) }
      if record.conversationID == id { try end(record.turnID, of: keys) }
      iterator.next()
    }
    try iterator.check()
  }
}
