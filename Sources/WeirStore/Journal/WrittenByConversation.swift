// What a batch that is not committed yet holds of each conversation.

internal import WeirCore
import WeirWire

/// What the entries of a batch write to each conversation, for a deletion in the same batch. Rare, so it is made only
/// when the first deletion asks; from then on each write is noted.
struct WrittenByConversation {
  /// What is written to one conversation.
  struct Held {
    /// When the conversation changed, if its record is written.
    var updatedAtMs: UInt64?
    var hasMessages = false
    var clientMessageIDs: [String] = []
    var answeringTurns: [TurnID] = []
    var turns: [TurnID] = []
    /// The lowest turn id among the messages; `.max`: none.
    var firstTurn: TurnID = .max
  }

  private var held: [[UInt8]: Held] = [:]

  /// `earlier`: the writes before the deletion in its own entry.
  init(_ entries: [JournalEntry], and earlier: ArraySlice<StoreWrite>) {
    for entry in entries {
      for write in entry.writes { note(write) }
    }
    for write in earlier { note(write) }
  }

  /// What is written to a conversation, which is deleted now.
  mutating func take(_ id: ConversationID, of keys: UserKeys) -> Held? {
    guard let key = try? keys.conversation(id) else { return nil }
    return held.removeValue(forKey: key)
  }

  /// When a conversation changed, by what is written of it; nil: nothing is.
  func updatedAtMs(_ key: [UInt8]) -> UInt64? { held[key]?.updatedAtMs }

  mutating func note(_ write: StoreWrite) {
    switch write {
    case .conversation(let user, let conversation, _):
      change(user, conversation.id) { $0.updatedAtMs = conversation.updatedAtMs }
    case .message(let user, let id, let message):
      change(user, id) {
        $0.hasMessages = true
        if !message.clientMessageID.isEmpty { $0.clientMessageIDs.append(message.clientMessageID) }
        if message.turnID == 0 { return }
        $0.firstTurn = min($0.firstTurn, message.turnID)
        if message.role == .assistant { $0.answeringTurns.append(message.turnID) }
      }
    case .turn(let user, let record):
      change(user, record.conversationID) { $0.turns.append(record.turnID) }
    case .user, .deleteConversation, .expireConversation, .eraseUser, .sent, .turnText, .endTurn, .usage, .cache:
      break
    }
  }

  /// Ids that make no key cannot have been written.
  private mutating func change(_ user: UserID, _ id: ConversationID, _ change: (inout Held) -> Void) {
    guard let key = try? UserKeys(user).conversation(id) else { return }
    change(&held[key, default: Held()])
  }
}
