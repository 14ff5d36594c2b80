// The layout of every key in the store. Nothing else in the program puts keys together or takes them apart.
//
// Notation: u8, u16, u32, u64 are unsigned and big-endian, so that the order of bytes is the order of numbers; ~x is x with
// every bit turned, so that the largest comes first; | joins; text is UTF-8 as it came.
//
//   user := u16(length of the user id in bytes) | user id
//
// | column family     | key                                                    | value (schemas/weir/store/v1) |
// | ----------------- | ------------------------------------------------------ | ----------------------------- |
// | default           | "schema-version"                                       | u32                           |
// | users             | user                                                   | UserRecord                    |
// | conversations     | user | conversation id                                 | weir.v1.Conversation          |
// | conversation-list | user | ~u64(updated at, ms) | conversation id          | empty                         |
// | messages          | user | u8(length) | conversation id | u64(sequence)    | weir.v1.Message               |
// | sent              | user | client message id                               | SentRecord                    |
// | turns             | user | u64(turn id)                                    | TurnRecord                    |
// | turn-text         | user | u64(turn id) | u64(offset)                      | UTF-8                         |
// | turn-text         | user | u64(turn id) | u64(offset) | 0x01               | MarkRecord, without offset    |
// | answers           | user | u64(turn id)                                    | AnswerRecord                  |
// | usage             | user | u32(day) | u16(length) | model | prompt version | UsageRecord                   |
//
// Why a user cannot reach another's keys: all keys of a user begin with `user`, and no such prefix is a prefix of
// another one. Two ids of different length differ in the first two bytes; two of equal length differ in the id itself.
// The bytes of an id are never looked at, so 0x00, 0xFF, or an id that is the beginning of another are like any other.
// What ends a key needs no length, since nothing follows it.
//
// Answers kept for equal calls are no user's; they lie in a database of their own (Cache/AnswerCache.swift), under the key
// of the call as it is, as CachedAnswerRecord. Whoever makes that key decides who shares it.

internal import WeirCore

/// A column family: one kind of record, with its own table files and settings.
package enum ColumnFamily: String, CaseIterable, Sendable {
  /// What concerns the whole database. RocksDB insists on the name.
  case meta = "default"
  case users
  case conversations
  case conversationList = "conversation-list"
  case messages
  case sent
  case turns
  case turnText = "turn-text"
  case answers
  case usage

  /// Its place in `allCases`.
  var index: Int {
    switch self {
    case .meta: 0
    case .users: 1
    case .conversations: 2
    case .conversationList: 3
    case .messages: 4
    case .sent: 5
    case .turns: 6
    case .turnText: 7
    case .answers: 8
    case .usage: 9
    }
  }
}

/// The keys of the whole database.
enum KeyLayout {
  /// The version of this layout and of the records. Grows when an older program could not read what is written.
  ///
  /// | version | what it brought |
  /// | --- | --- |
  /// | 1 | the first |
  /// | 2 | `usage`, parts in `turn-text`, more fields in users and turns; nothing is rewritten |
  static let schemaVersion: UInt32 = 2
  static let schemaVersionKey = Array("schema-version".utf8)

  static let maximumUserBytes = 256
  static let maximumConversationBytes = 64
  static let maximumClientMessageBytes = 256
  static let maximumModelBytes = 256
  static let maximumPromptVersionBytes = 256
  static let maximumCacheKeyBytes = 1024
  /// What makes the key of a mark of the key of a text at the same place.
  fileprivate static let markSuffix: UInt8 = 1

  /// The user that a key begins with, and where the rest begins; nil if the key is not of this layout.
  static func user(of key: UnsafeRawBufferPointer) -> (user: UserID, end: Int)? {
    guard let end = userEnd(of: key) else { return nil }
    return (String(decoding: key[2..<end], as: UTF8.self), end)
  }

  private static func userEnd(of key: UnsafeRawBufferPointer) -> Int? {
    guard key.count >= 2 else { return nil }
    let end = 2 + Int(key[0]) << 8 + Int(key[1])
    return end <= key.count ? end : nil
  }

  /// What a key of the checkpointed text says; nil if the key is not of this layout.
  static func checkpoint(of key: UnsafeRawBufferPointer) -> (turn: TurnID, offset: UInt64, isMark: Bool)? {
    guard let end = userEnd(of: key) else { return nil }
    let isMark = key.count == end + 17
    guard isMark ? key[end + 16] == markSuffix : key.count == end + 16 else { return nil }
    return (number(in: key, at: end), number(in: key, at: end + 8), isMark)
  }

  /// What a key of the usage ledger says; nil if the key is not of this layout.
  static func usage(of key: UnsafeRawBufferPointer) -> (user: UserID, row: UsageKey)? {
    guard let (user, end) = user(of: key), key.count >= end + 6 else { return nil }
    let day = key[end..<(end + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let model = end + 6
    let version = model + Int(key[end + 4]) << 8 + Int(key[end + 5])
    guard version <= key.count else { return nil }
    let row = UsageKey(
      day: day, model: String(decoding: key[model..<version], as: UTF8.self),
      promptVersion: String(decoding: key[version...], as: UTF8.self))
    return (user, row)
  }

  /// What a message's key says behind the user, which ends at `userEnd`; nil if the key is not of this layout.
  static func message(of key: UnsafeRawBufferPointer, userEnd: Int) -> (conversation: ConversationID, sequence: UInt64)?
  {
    guard key.count > userEnd else { return nil }
    let id = userEnd + 1
    let end = id + Int(key[userEnd])
    guard key.count == end + 8 else { return nil }
    return (String(decoding: key[id..<end], as: UTF8.self), number(in: key, at: end))
  }

  /// The turn that a key of `turns` or `answers` names behind the user; nil if the key is not of this layout.
  static func turn(of key: UnsafeRawBufferPointer, userEnd: Int) -> TurnID? {
    key.count == userEnd + 8 ? number(in: key, at: userEnd) : nil
  }

  /// Refuses a key that no answer can be kept under.
  static func checkCacheKey(_ key: [UInt8]) throws(StoreError) {
    guard key.count >= 1, key.count <= maximumCacheKeyBytes else {
      throw StoreError(
        .invalid, "A cache key has 1 to \(maximumCacheKeyBytes) bytes, not \(key.count); use a hash of it.")
    }
  }

  private static func number(in key: UnsafeRawBufferPointer, at place: Int) -> UInt64 {
    key[place..<(place + 8)].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// What a key of the conversation list says; nil if the key is not of this layout.
  static func listed(by key: UnsafeRawBufferPointer) -> ListCursor? {
    guard let (_, end) = user(of: key), key.count > end + 8 else { return nil }
    let id = String(decoding: key[(end + 8)...], as: UTF8.self)
    return ListCursor(updatedAtMs: ~number(in: key, at: end), conversationID: id)
  }
}

/// A stretch of keys: `lower` is in it, `upper` is not.
struct KeyRange: Equatable {
  /// All keys of this layout: each begins with a length below 0xFFFF.
  static let all = KeyRange([], [0xFF, 0xFF])

  var lower: [UInt8]
  var upper: [UInt8]

  init(_ lower: [UInt8], _ upper: [UInt8]) {
    self.lower = lower
    self.upper = upper
  }

  /// All keys that begin with `prefix`. A prefix of this layout begins with a length below 0xFFFF, so there is always
  /// a key above it.
  init(prefix: [UInt8]) {
    var next = prefix
    while let last = next.popLast() {
      if last < 0xFF {
        next.append(last + 1)
        break
      }
    }
    self.init(prefix, next)
  }
}

/// The keys of one user.
struct UserKeys {
  /// What all of them begin with.
  let prefix: [UInt8]

  /// Fails if the id is empty or longer than `KeyLayout.maximumUserBytes`.
  init(_ user: UserID) throws(StoreError) {
    let bytes = user.utf8
    let count = bytes.count
    guard count >= 1, count <= KeyLayout.maximumUserBytes else {
      throw StoreError(.invalid, "A user id has 1 to \(KeyLayout.maximumUserBytes) bytes, not \(count); use another.")
    }
    var prefix: [UInt8] = []
    prefix.reserveCapacity(2 + count)
    prefix.append(UInt8(count >> 8))
    prefix.append(UInt8(count & 0xFF))
    prefix.append(contentsOf: bytes)
    self.prefix = prefix
  }

  var user: [UInt8] { prefix }

  func conversation(_ id: ConversationID) throws(StoreError) -> [UInt8] {
    try Self.check(id)
    return key(room: id.utf8.count) { $0.append(contentsOf: id.utf8) }
  }

  /// All conversations in the list, last changed first.
  var listRange: KeyRange { KeyRange(prefix: prefix) }

  func listed(updatedAtMs: UInt64, _ id: ConversationID) throws(StoreError) -> [UInt8] {
    try Self.check(id)
    return key(room: 8 + id.utf8.count) {
      Self.append(~updatedAtMs, to: &$0)
      $0.append(contentsOf: id.utf8)
    }
  }

  /// Where the list's entries for times before this one begin. A time of 0 has none.
  func listed(before updatedAtMs: UInt64) -> [UInt8] {
    key(room: 8) { Self.append(~(max(1, updatedAtMs) - 1), to: &$0) }
  }

  /// What the keys of a conversation's messages begin with.
  func messages(_ id: ConversationID) throws(StoreError) -> MessageKeys {
    try Self.check(id)
    return MessageKeys(
      prefix: key(room: 1 + id.utf8.count + 8) {
        $0.append(UInt8(id.utf8.count))
        $0.append(contentsOf: id.utf8)
      })
  }

  func sent(_ clientMessageID: String) throws(StoreError) -> [UInt8] {
    let count = clientMessageID.utf8.count
    guard count >= 1, count <= KeyLayout.maximumClientMessageBytes else {
      let limit = KeyLayout.maximumClientMessageBytes
      throw StoreError(.invalid, "A client message id has 1 to \(limit) bytes, not \(count); use another.")
    }
    return key(room: count) { $0.append(contentsOf: clientMessageID.utf8) }
  }

  /// The key of a turn, in `turns` and in `answers`.
  func turn(_ id: TurnID) -> [UInt8] { key(room: 8) { Self.append(id, to: &$0) } }

  /// All turns, in the order in which they began; from `first` on.
  func turns(from first: TurnID = 0) -> KeyRange { KeyRange(turn(first), KeyRange(prefix: prefix).upper) }

  func turnText(_ id: TurnID, offset: UInt64) -> [UInt8] {
    key(room: 16) {
      Self.append(id, to: &$0)
      Self.append(offset, to: &$0)
    }
  }

  /// A part that begins in a turn's checkpointed text, or at its end. It lies behind a text that begins at the same
  /// place.
  func turnMark(_ id: TurnID, offset: UInt64) -> [UInt8] { turnText(id, offset: offset) + [KeyLayout.markSuffix] }

  /// The checkpointed text of one turn, with its marks, in order.
  func turnText(_ id: TurnID) -> KeyRange { KeyRange(prefix: turn(id)) }

  /// The checkpointed texts of all turns, in the order of their ids.
  var turnTexts: KeyRange { KeyRange(prefix: prefix) }

  /// A row of the usage ledger.
  func usage(_ row: UsageKey) throws(StoreError) -> [UInt8] {
    let (model, version) = (row.model.utf8.count, row.promptVersion.utf8.count)
    guard model <= KeyLayout.maximumModelBytes else {
      throw StoreError(
        .invalid, "A model's name has at most \(KeyLayout.maximumModelBytes) bytes, not \(model); shorten it.")
    }
    guard version <= KeyLayout.maximumPromptVersionBytes else {
      let limit = KeyLayout.maximumPromptVersionBytes
      throw StoreError(.invalid, "A prompt version has at most \(limit) bytes, not \(version); shorten it.")
    }
    return key(room: 6 + model + version) {
      Self.append(row.day, to: &$0)
      $0.append(UInt8(model >> 8))
      $0.append(UInt8(model & 0xFF))
      $0.append(contentsOf: row.model.utf8)
      $0.append(contentsOf: row.promptVersion.utf8)
    }
  }

  /// The rows of some days.
  func usage(_ days: ClosedRange<UInt32>) -> KeyRange {
    let all = KeyRange(prefix: prefix)
    let lower = key(room: 4) { Self.append(days.lowerBound, to: &$0) }
    if days.upperBound == .max { return KeyRange(lower, all.upper) }
    return KeyRange(lower, key(room: 4) { Self.append(days.upperBound + 1, to: &$0) })
  }

  private func key(room: Int, _ rest: (inout [UInt8]) -> Void) -> [UInt8] {
    var key: [UInt8] = []
    key.reserveCapacity(prefix.count + room)
    key.append(contentsOf: prefix)
    rest(&key)
    return key
  }

  fileprivate static func append(_ number: some FixedWidthInteger, to key: inout [UInt8]) {
    withUnsafeBytes(of: number.bigEndian) { key.append(contentsOf: $0) }
  }

  private static func check(_ id: ConversationID) throws(StoreError) {
    let count = id.utf8.count
    guard count >= 1, count <= KeyLayout.maximumConversationBytes else {
      let limit = KeyLayout.maximumConversationBytes
      throw StoreError(.invalid, "A conversation id has 1 to \(limit) bytes, not \(count); use another.")
    }
  }
}

/// The keys of one conversation's messages.
struct MessageKeys {
  /// What all of them begin with.
  let prefix: [UInt8]

  func message(_ sequence: UInt64) -> [UInt8] {
    var key = prefix
    UserKeys.append(sequence, to: &key)
    return key
  }

  /// The messages with a sequence below `end`; nil: all.
  func range(below end: UInt64? = nil) -> KeyRange {
    guard let end else { return KeyRange(prefix: prefix) }
    return KeyRange(prefix, message(end))
  }
}
