import WeirCore
import WeirWire

@testable import WeirStore

/// Messages and entries as the tests use them.
enum Sample {
  static func message(
    _ sequence: UInt64, _ text: String = "hello", role: Role = .user, turn: TurnID = 0, clientID: String = ""
  ) -> Message {
    Message(
      sequence: sequence, role: role, parts: [.text(text)], createdAtMs: 1_700_000_000_000 + sequence, turnID: turn,
      clientMessageID: clientID, status: .complete)
  }

  static func conversation(_ id: String, at updatedAtMs: UInt64, revision: UInt64 = 1, last: UInt64 = 0) -> Conversation
  {
    Conversation(
      id: id, title: "about \(id)", createdAtMs: 1, updatedAtMs: updatedAtMs, revision: revision, lastSequence: last)
  }

  static func sent(_ conversation: String, _ sequence: UInt64, turn: TurnID = 1) -> SentRecord {
    SentRecord(conversationID: conversation, sequence: sequence, turnID: turn, revision: sequence)
  }

  static func turn(_ id: TurnID, in conversation: String, base: UInt64 = 0) -> TurnRecord {
    TurnRecord(
      turnID: id, conversationID: conversation, questionSequence: 1, answerSequence: 2, model: "demo",
      continuesTurnID: base == 0 ? 0 : id - 1, baseOffset: base, createdAtMs: 1_700_000_000_000)
  }

  /// All that one sent message writes.
  static func sending(_ user: UserID, _ conversation: String, _ sequence: UInt64, text: String = "hello")
    -> JournalEntry
  {
    let id = "id-\(sequence)"
    return JournalEntry(
      writes: [
        .user(user, UserState(lastTurnID: sequence)),
        .conversation(
          user, Self.conversation(conversation, at: 1000 + sequence, revision: sequence, last: sequence),
          previousUpdatedAtMs: sequence == 1 ? nil : 999 + sequence),
        .message(user, conversation, message(sequence, text, turn: sequence, clientID: id)),
        .sent(user, clientMessageID: id, Sample.sent(conversation, sequence, turn: sequence)),
        .turn(user, turn(sequence, in: conversation)),
      ], unlessSent: (user: user, clientMessageID: id))
  }
}

extension Message {
  /// The text of its parts.
  var plainText: String {
    parts.map { if case .text(let text)? = $0.part { text } else { "" } }.joined()
  }
}

extension Store {
  /// All messages of a conversation, straight from their keys.
  func tail(_ user: UserID, _ id: ConversationID) throws -> [Message] {
    let range = try UserKeys(user).messages(id).range()
    return try ReadView(database()).range(.messages, range) { (iterator) throws(StoreError) in
      var messages: [Message] = []
      try iterator.forEach { (_, value) throws(StoreError) in messages.append(try StoredValue.message(value)) }
      return messages
    }
  }

  /// How many keys there are, over all users.
  func keyCount(_ family: ColumnFamily) throws -> Int {
    try ReadView(database()).range(family, .all) { (iterator) throws(StoreError) in
      var count = 0
      try iterator.forEach { (_, _) throws(StoreError) in count += 1 }
      return count
    }
  }
}
