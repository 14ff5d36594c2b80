import WeirCore
import WeirWire

// What the server tells a device is true in that moment: in the store, and this user's.
extension Promises {
  func sent(_ frame: ServerFrame, to user: Int) {
    let row = store.rows[user]
    switch frame.frame {
    case .ack(let ack): check(ack, row, user)
    case .messageAdded(let added):
      if let message = added.message { check(message, in: added.conversationID, row, user) }
    case .historyPage(let page): check(page, row, user)
    case .turnFinished(let end): checkEnd(end.turnID, length: Int(end.length), row, user)
    case .turnFailed(let end):
      // What cannot be saved is said so, and a deletion takes its turns along.
      if let code = end.error?.code, code != .notSaved, code != .notFound {
        checkEnd(end.turnID, length: Int(end.length), row, user)
      }
    case .turnStarted(let started): own(started.turnID, "begins", row, user)
    case .queuePosition(let place): own(place.turnID, "waits", row, user)
    case .turnSeam(let seam): own(seam.turnID, "goes on elsewhere", row, user)
    case .conversationChanged(let changed): check(changed.conversation, row, user)
    case .conversationOpened(let opened):
      check(opened.conversation, row, user)
      for turn in opened.turns { own(turn.turnID, "is in a conversation", row, user) }
    case .conversationList(let list):
      for conversation in list.conversations { check(conversation, row, user) }
    case .conversationDeleted(let deleted):
      if row.deletions[deleted.conversationID] == nil {
        broke("user \(user) is told that \(deleted.conversationID) is deleted, and it is not")
      }
    case .subscribed(let subscribed):
      if let message = subscribed.message, let status = subscribed.status {
        check(message, in: status.conversationID, row, user)
      }
    case .welcome(let welcome):
      if !welcome.user.utf8.elementsEqual(users[user].name.utf8) {
        broke("user \(user) is welcomed as \(welcome.user)")
      }
    default: break
    }
  }

  private func own(_ turn: TurnID, _ what: String, _ row: SimulatedStore.Row, _ user: Int) {
    if row.everTurns[turn] == nil {
      broke("user \(user) is told that turn \(turn) \(what), which is none of theirs")
    }
  }

  private func check(_ ack: Ack, _ row: SimulatedStore.Row, _ user: Int) {
    if ack.level == .accepted { return }
    own(ack.turnID, "is acknowledged", row, user)
    if ack.level == .done, !row.endedTurns.contains(ack.turnID) {
      broke(
        "user \(user): turn \(ack.turnID) is done, says an acknowledgement, and the store does not know"
      )
    }
    guard ack.level == .durable, !ack.clientMessageID.isEmpty else { return }
    let record = SentRecord(
      conversationID: ack.conversationID, sequence: ack.sequence, turnID: ack.turnID,
      revision: ack.revision)
    if row.everSent[ack.clientMessageID]?.contains(record) != true {
      broke("user \(user): \(ack.clientMessageID) is acknowledged as \(record), and not stored so")
    }
  }

  private func check(
    _ message: Message, in id: ConversationID, _ row: SimulatedStore.Row, _ user: Int
  ) {
    if !users[user].owns(message) { broke("user \(user) is sent a stranger's message") }
    // What a crash cut off is shown as such also while it cannot be saved; the next start makes the same of it.
    if message.status == .interrupted, isSavingOver() { return }
    if row.versions[id]?[message.sequence]?.contains(message) != true {
      broke("user \(user) is sent message \(message.sequence) of \(id) as it was never stored")
    }
  }

  private func check(_ page: HistoryPage, _ row: SimulatedStore.Row, _ user: Int) {
    var last: UInt64 = 0
    for message in page.messages {
      if message.sequence <= last {
        broke("user \(user): a page has \(message.sequence) after \(last)")
      }
      last = message.sequence
      check(message, in: page.conversationID, row, user)
    }
    if let stored = row.conversations[page.conversationID], page.revision > stored.revision,
      row.deletions[page.conversationID] == nil
    {
      broke("user \(user): a page has revision \(page.revision), stored is \(stored.revision)")
    }
    for turn in page.turns { own(turn.turnID, "is in a page", row, user) }
  }

  private func checkEnd(_ turn: TurnID, length: Int, _ row: SimulatedStore.Row, _ user: Int) {
    own(turn, "ends", row, user)
    if !row.endedTurns.contains(turn) {
      broke("user \(user) is told the end of turn \(turn), and the store does not know")
    }
    guard let seen = transcript(user, turn), let stored = seen.stored else { return }
    if stored != length {
      broke("user \(user): turn \(turn) ended with \(length) bytes, and has \(stored)")
    }
  }

  private func check(_ conversation: Conversation?, _ row: SimulatedStore.Row, _ user: Int) {
    guard let conversation else { return }
    if !users[user].owns(conversation.title.utf8) {
      broke("user \(user) is sent a stranger's title")
    }
    if let stored = row.conversations[conversation.id] {
      // A conversation that was made anew begins at revision 1.
      if conversation.revision > stored.revision, row.deletions[conversation.id] == nil {
        broke(
          "user \(user) is told of revision \(conversation.revision) of \(conversation.id), stored is \(stored.revision)"
        )
      }
    } else if row.deletions[conversation.id] == nil {
      broke("user \(user) is told of \(conversation.id), which is not stored")
    }
  }
}
