// The layout of every key in the store. Nothing else in the program puts keys together or takes them apart.
//
// Notation: u8, u16, u64 are unsigned and big-endian, so that the order of bytes is the order of numbers; ~x is x with
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
// | answers           | user | u64(turn id)                                    | AnswerRecord                  |
//
// Why a user cannot reach another's keys: all keys of a user begin with `user`, and no such prefix is a prefix of
// another one. Two ids of different length differ in the first two bytes; two of equal length differ in the id itself.
// The bytes of an id are never looked at, so 0x00, 0xFF, or an id that is the beginning of another are like any other.
// What ends a key needs no length, since nothing follows it.

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
    }
  }
}

/// The keys of the whole database.
enum KeyLayout {
  /// The version of this layout and of the records. Grows when an older program could not read what is written.
  static let schemaVersion: UInt32 = 1
  static let schemaVersionKey = Array("schema-version".utf8)

  static let maximumUserBytes = 256
  static let maximumConversationBytes = 64
  static let maximumClientMessageBytes = 256

  /// The user that a key begins with, and where the rest begins; nil if the key is not of this layout.
  static func user(of key: UnsafeRawBufferPointer) -> (user: UserID, end: Int)? {
    guard key.count >= 2 else { return nil }
    let end = 2 + Int(key[0]) << 8 + Int(key[1])
    guard end <= key.count else { return nil }
    return (String(decoding: key[2..<end], as: UTF8.self), end)
  }

  /// The number that a key ends with: an offset, a sequence, a turn id; nil if the key is too short.
  static func lastNumber(of key: UnsafeRawBufferPointer) -> UInt64? {
    guard key.count >= 8 else { return nil }
    return number(in: key, at: key.count - 8)
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

  /// The checkpointed text of one turn, in order.
  func turnText(_ id: TurnID) -> KeyRange { KeyRange(prefix: turn(id)) }

  private func key(room: Int, _ rest: (inout [UInt8]) -> Void) -> [UInt8] {
    var key: [UInt8] = []
    key.reserveCapacity(prefix.count + room)
    key.append(contentsOf: prefix)
    rest(&key)
    return key
  }

  fileprivate static func append(_ number: UInt64, to key: inout [UInt8]) {
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
