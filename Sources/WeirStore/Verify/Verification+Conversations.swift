internal import WeirCore
import WeirWire

// Conversations, the list of them, and their messages.
extension Verification {
  mutating func checkConversations() {
    forEach(.conversations) { (check, key, value) throws(StoreError) in
      guard let (keys, user, end) = check.owner(key, .conversations) else { return }
      let id = String(decoding: key[end...], as: UTF8.self)
      guard let own = try? keys.conversation(id), key.elementsEqual(own) else {
        return check.strange(key, .conversations)
      }
      guard let conversation = try? StoredValue.conversation(value) else {
        return check.find(.badRecord, "\(user): the record of conversation '\(id)' cannot be decoded.")
      }
      if conversation.id != id {
        check.find(.badRecord, "\(user): the record of conversation '\(id)' says it is '\(conversation.id)'.")
      }
      let place = try keys.listed(updatedAtMs: conversation.updatedAtMs, id)
      if try check.get(.conversationList, place, { _ in true }) == nil {
        check.find(
          .notListed, "\(user): the list does not have conversation '\(id)' at its time, \(conversation.updatedAtMs).")
      }
    }
  }

  mutating func checkList() {
    forEach(.conversationList) { (check, key, _) throws(StoreError) in
      guard let (keys, user, _) = check.owner(key, .conversationList) else { return }
      guard let place = KeyLayout.listed(by: key), let conversation = try? keys.conversation(place.conversationID)
      else {
        return check.strange(key, .conversationList)
      }
      // One that does not decode has been found already.
      let changed = try check.get(.conversations, conversation) { value in
        (try? StoredValue.conversation(value))?.updatedAtMs ?? place.updatedAtMs
      }
      if changed == nil {
        check.find(
          .listedForNothing, "\(user): the list has conversation '\(place.conversationID)', which is not there.")
      } else if changed != place.updatedAtMs {
        check.find(
          .listedForNothing,
          "\(user): the list has conversation '\(place.conversationID)' at \(place.updatedAtMs), when it did not change."
        )
      }
    }
  }

  mutating func checkMessages() {
    /// The conversation that the walk is in: the beginning of its keys, and its last message; nil: it is not there.
    var current: (prefix: [UInt8], last: UInt64?) = ([], nil)
    forEach(.messages) { (check, key, value) throws(StoreError) in
      guard let (keys, user, end) = check.owner(key, .messages) else { return }
      guard let (id, sequence) = KeyLayout.message(of: key, userEnd: end), let place = try? keys.messages(id),
        key.starts(with: place.prefix)
      else { return check.strange(key, .messages) }
      if current.prefix != place.prefix {
        let last = try check.get(.conversations, try keys.conversation(id)) { value in
          (try? StoredValue.conversation(value))?.lastSequence ?? .max
        }
        current = (place.prefix, last)
        if last == nil {
          check.find(.orphanMessages, "\(user): there are messages of conversation '\(id)', which is not there.")
        }
      }
      guard let message = try? StoredValue.message(value) else {
        return check.find(.badRecord, "\(user): message \(sequence) of conversation '\(id)' cannot be decoded.")
      }
      let name = "\(user): message \(sequence) of conversation '\(id)'"
      if message.sequence != sequence { check.find(.badRecord, "\(name) says it is \(message.sequence).") }
      if sequence == 0 { check.find(.badSequence, "\(name) has no place; the first is 1.") }
      if let last = current.last, sequence > last {
        check.find(.badSequence, "\(name) lies behind the last one that its conversation knows, \(last).")
      }
      try check.checkWays(to: message, in: id, keys, name)
    }
  }

  /// Whether an answer can be found by its turn, and a sent message by the id it was sent with.
  private mutating func checkWays(
    to message: Message, in id: ConversationID, _ keys: UserKeys, _ name: String
  ) throws(StoreError) {
    if message.role == .assistant, message.turnID != 0 {
      let wanted = AnswerRecord(conversationID: id, sequence: message.sequence)
      let found = try get(.answers, keys.turn(message.turnID)) { try? AnswerRecord.decode($0) }
      if found == nil {
        find(.answerNotFound, "\(name) cannot be found by its turn, \(message.turnID).")
      } else if let record = found, let record, record != wanted {
        find(
          .answerNotFound,
          "\(name) cannot be found by its turn, \(message.turnID), which points to message \(record.sequence) of "
            + "conversation '\(record.conversationID)'.")
      }
    }
    if !message.clientMessageID.isEmpty, let key = try? keys.sent(message.clientMessageID) {
      let found = try get(.sent, key) { try? SentRecord.decode($0) }
      let isRight = found.map { $0.map { $0.conversationID == id && $0.sequence == message.sequence } ?? true } ?? false
      if !isRight {
        find(.sentNotFound, "\(name) would be stored again if '\(message.clientMessageID)' were sent again.")
      }
    }
  }
}
