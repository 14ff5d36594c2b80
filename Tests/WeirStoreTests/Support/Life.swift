import WeirCore
import WeirWire

@testable import WeirStore

extension Sample {
  /// What a user's life leaves behind, in the entries that write it: a turn that has ended with its answer, one that is
  /// under way with text and a part, a call of the HTTP API, and a row of usage. `mark` is in every id and text.
  static func life(_ user: UserID, mark: String = "x") -> [JournalEntry] {
    let id = "c-\(mark)"
    func conversation(_ at: UInt64, last: UInt64) -> Conversation {
      Conversation(
        id: id, title: "about \(mark)", createdAtMs: 1, updatedAtMs: at, revision: last, lastSequence: last)
    }
    func state(_ turn: TurnID, tokens: UInt64 = 0) -> UserState {
      var state = UserState(lastTurnID: turn)
      (state.day, state.dayTokens, state.month, state.monthTokens, state.plan) = (20_000, tokens, 657, tokens, "pro")
      return state
    }
    func send(_ sequence: UInt64, turn: TurnID) -> [StoreWrite] {
      let clientID = "m\(sequence)-\(mark)"
      var record = Sample.turn(turn, in: id)
      (record.questionSequence, record.answerSequence) = (sequence, sequence + 1)
      return [
        .message(user, id, message(sequence, "question \(mark)", turn: turn, clientID: clientID)),
        .sent(user, clientMessageID: clientID, sent(id, sequence, turn: turn)), .turn(user, record),
      ]
    }
    var direct = TurnRecord(turnID: 3, conversationID: "", questionSequence: 0, answerSequence: 0, model: "demo")
    direct.isDirect = true
    return [
      JournalEntry(
        writes: [.user(user, state(1)), .conversation(user, conversation(1001, last: 1), previousUpdatedAtMs: nil)]
          + send(1, turn: 1)),
      JournalEntry(writes: [.turnText(user, 1, offset: 0, text: Array("half \(mark)".utf8), marks: [])]),
      JournalEntry(writes: [
        .endTurn(user, 1), .user(user, state(1, tokens: 7)),
        .usage(user, UsageKey(day: 20_000, model: "demo", promptVersion: "v-\(mark)"), figures(tokens: 7)),
        .message(user, id, message(2, "answer \(mark)", role: .assistant, turn: 1)),
        .conversation(user, conversation(1002, last: 2), previousUpdatedAtMs: 1001),
        .cache(key: Array("key \(mark)".utf8), answer("answer \(mark)")),
      ]),
      JournalEntry(
        writes: [
          .user(user, state(2, tokens: 7)), .conversation(user, conversation(1003, last: 3), previousUpdatedAtMs: 1002),
        ] + send(3, turn: 2)),
      JournalEntry(writes: [
        .turnText(user, 2, offset: 0, text: Array("text \(mark)".utf8), marks: [self.mark(2, .reasoning)])
      ]),
      JournalEntry(writes: [.user(user, state(3, tokens: 7)), .turn(user, direct)]),
    ]
  }
}

extension TestJournal {
  func live(_ users: UserID..., mark: String = "x") async {
    for user in users {
      for entry in Sample.life(user, mark: mark) { _ = await commit(entry) }
    }
  }
}
