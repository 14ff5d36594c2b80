internal import WeirCore
import WeirWire

// What turns left behind: ids of sent messages, places of answers, records and texts of those that have not ended.
extension Verification {
  mutating func checkSent() {
    forEach(.sent) { (check, key, value) throws(StoreError) in
      guard let (keys, user, end) = check.owner(key, .sent) else { return }
      let id = String(decoding: key[end...], as: UTF8.self)
      guard let own = try? keys.sent(id), key.elementsEqual(own) else { return check.strange(key, .sent) }
      guard let record = try? SentRecord.decode(value) else {
        return check.find(.badRecord, "\(user): the record of the sent message '\(id)' cannot be decoded.")
      }
      let name = "\(user): the sent message '\(id)'"
      let place = "message \(record.sequence) of conversation '\(record.conversationID)'"
      switch try check.message(record.sequence, of: record.conversationID, keys) {
      case .missing: check.find(.sentForNothing, "\(name) is to be \(place), which is not there.")
      case .unreadable: break
      case .found(let message):
        if message.clientMessageID != id {
          check.find(.sentForNothing, "\(name) is to be \(place), which was sent as '\(message.clientMessageID)'.")
        }
      }
    }
  }

  mutating func checkAnswers() {
    forEach(.answers) { (check, key, value) throws(StoreError) in
      guard let (keys, user, end) = check.owner(key, .answers) else { return }
      guard let turn = KeyLayout.turn(of: key, userEnd: end) else { return check.strange(key, .answers) }
      guard let record = try? AnswerRecord.decode(value) else {
        return check.find(.badRecord, "\(user): the place of turn \(turn)'s answer cannot be decoded.")
      }
      let place = "message \(record.sequence) of conversation '\(record.conversationID)'"
      switch try check.message(record.sequence, of: record.conversationID, keys) {
      case .missing:
        check.find(.answerForNothing, "\(user): the answer of turn \(turn) is to be \(place), which is not there.")
      case .unreadable: break
      case .found(let message):
        if message.role != .assistant {
          check.find(.answerForNothing, "\(user): the answer of turn \(turn) is to be \(place), which is no answer.")
        }
      }
      try check.checkKnown(turn, to: keys, user)
    }
  }

  mutating func checkTurns() {
    forEach(.turns) { (check, key, value) throws(StoreError) in
      guard let (keys, user, end) = check.owner(key, .turns) else { return }
      guard let turn = KeyLayout.turn(of: key, userEnd: end) else { return check.strange(key, .turns) }
      guard let record = try? TurnRecord.decode(value) else {
        return check.find(.badRecord, "\(user): the record of turn \(turn) cannot be decoded.")
      }
      if record.turnID != turn {
        check.find(.badRecord, "\(user): the record of turn \(turn) says it is \(record.turnID).")
      }
      try check.checkKnown(turn, to: keys, user)
      if record.isDirect { return }
      let id = record.conversationID
      guard let conversation = try? keys.conversation(id),
        try check.get(.conversations, conversation, { _ in true }) != nil
      else { return check.find(.orphanTurn, "\(user): turn \(turn) is of conversation '\(id)', which is not there.") }
      if case .missing = try check.message(record.questionSequence, of: id, keys) {
        check.find(
          .orphanTurn,
          "\(user): turn \(turn) answers message \(record.questionSequence) of conversation '\(id)', which is not there."
        )
      }
    }
  }

  /// Turn ids are never given again, so the user's record knows the highest.
  private mutating func checkKnown(_ turn: TurnID, to keys: UserKeys, _ user: String) throws(StoreError) {
    guard let last = try lastTurn(of: keys) else {
      return find(.badUser, "\(user) has turn \(turn), but no record.")
    }
    if last < turn { find(.badUser, "\(user) has turn \(turn), but the record knows turns up to \(last).") }
  }

  mutating func checkTurnText() {
    /// The turn that the walk is in: the beginning of its keys, and where its text ends so far; nil: nobody knows.
    var current: (prefix: [UInt8], end: UInt64?) = ([], nil)
    forEach(.turnText) { (check, key, value) throws(StoreError) in
      guard let (keys, user, _) = check.owner(key, .turnText) else { return }
      guard let place = KeyLayout.checkpoint(of: key) else { return check.strange(key, .turnText) }
      let prefix = keys.turn(place.turn)
      if current.prefix != prefix {
        let base = try check.get(.turns, prefix) { (try? TurnRecord.decode($0)).map(\.baseOffset) }
        current = (prefix, base ?? nil)
        if base == nil {
          check.find(.orphanText, "\(user): there is text of turn \(place.turn), which is not there.")
        }
      }
      let name = "\(user): the text of turn \(place.turn)"
      if place.isMark {
        if (try? PlacedMark.decode(value)) == nil {
          check.find(.badRecord, "\(name): the part at \(place.offset) cannot be decoded.")
        }
        if let end = current.end, place.offset > end {
          check.find(.brokenText, "\(name) ends at \(end), but a part begins at \(place.offset).")
        }
      } else if let end = current.end {
        if place.offset > end {
          check.find(.brokenText, "\(name) ends at \(end), and goes on at \(place.offset).")
        }
        let (next, isAbsurd) = place.offset.addingReportingOverflow(UInt64(value.count))
        if isAbsurd { check.find(.brokenText, "\(name) goes on at \(place.offset), where no text can be.") }
        current.end = max(end, isAbsurd ? end : next)
      }
    }
  }

  enum Looked {
    case missing
    /// It is found where messages are walked.
    case unreadable
    case found(Message)
  }

  borrowing func message(_ sequence: UInt64, of id: ConversationID, _ keys: UserKeys) throws(StoreError) -> Looked {
    guard let place = try? keys.messages(id) else { return .missing }
    let found = try get(.messages, place.message(sequence)) { try? StoredValue.message($0) }
    guard let found else { return .missing }
    return found.map(Looked.found) ?? .unreadable
  }
}
