import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Turns that were cut off")
struct CutTurnTests: HasStore {
  let rig: StoreRig

  init() throws { rig = try StoreRig() }

  private func cut(_ user: UserID = "u") -> [CutTurn] {
    guard case .session(_, let cut) = store.answer(.session(user)) else { return [] }
    return cut
  }

  private func text(_ turn: TurnID, at offset: UInt64, _ text: String, _ marks: PlacedMark...) -> StoreWrite {
    .turnText("u", turn, offset: offset, text: Array(text.utf8), marks: marks)
  }

  @Test("the parts of an answer come back with its text, each at its place")
  func parts() async {
    let marks = [
      Sample.mark(100, .reasoning, signature: "proof+/="), Sample.mark(106, .text),
      Sample.mark(112, .toolCall, id: "call_1", tool: "wetter_für"),
    ]
    _ = await journal.commit(
      .turn("u", Sample.turn(7, in: "c", base: 100)), text(7, at: 100, "think ", marks[0]),
      // One part begins at the end of what is written, one in the middle of it.
      text(7, at: 106, "so it ", marks[1], marks[2]), text(7, at: 112, "{\"a\":1}"))
    #expect(
      cut() == [
        CutTurn(record: Sample.turn(7, in: "c", base: 100), text: Array("think so it {\"a\":1}".utf8), marks: marks)
      ])
    close()
  }

  @Test("of two parts for one place the later holds, so that a proof can come after its checkpoint")
  func replaced() async {
    _ = await journal.commit(
      .turn("u", Sample.turn(7, in: "c")), text(7, at: 0, "thinking", Sample.mark(0, .reasoning)))
    _ = await journal.commit(text(7, at: 8, "!", Sample.mark(0, .reasoning, signature: "late"), Sample.mark(9, .text)))
    _ = await journal.commit(text(7, at: 9, "{}", Sample.mark(9, .toolCall, id: "x", tool: "y")))
    #expect(
      cut().first?.marks == [
        Sample.mark(0, .reasoning, signature: "late"), Sample.mark(9, .toolCall, id: "x", tool: "y"),
      ])
    close()
  }

  @Test("a part whose place in the text was lost is left out: behind a gap, behind a cut character, before the base")
  func lost() async {
    _ = await journal.commit(
      .turn("u", Sample.turn(7, in: "c", base: 10)),
      .turnText(
        "u", 7, offset: 10, text: [0x61, 0xC3], marks: [Sample.mark(3, .reasoning), Sample.mark(11, .reasoning)]),
      text(7, at: 13, "lost", Sample.mark(12, .toolCall), Sample.mark(15, .text)))
    #expect(cut().map(\.text) == [[0x61]])
    #expect(cut().first?.marks == [Sample.mark(11, .reasoning)])
    close()
  }

  @Test("the end of a turn takes its parts with it, also those of the same commit")
  func ended() async throws {
    _ = await journal.commit(.turn("u", Sample.turn(1, in: "c")), text(1, at: 0, "a", Sample.mark(0, .reasoning)))
    _ = await journal.commit(.turn("u", Sample.turn(2, in: "c")), text(2, at: 0, "a", Sample.mark(0, .reasoning)))
    let results = await journal.commit(together: [
      JournalEntry(writes: [text(1, at: 1, "b", Sample.mark(1, .text))]), JournalEntry(writes: [.endTurn("u", 1)]),
    ])
    #expect(results == [.committed, .committed])
    #expect(cut().map(\.record.turnID) == [2])
    _ = await journal.commit(.endTurn("u", 2))
    #expect(try store.keyCount(.turnText) == 0)
    close()
  }

  @Test("all that is kept of a user and a turn comes back")
  func fields() async {
    var state = UserState(lastTurnID: 9)
    state.day = 20_000
    state.dayTokens = 1 << 33
    state.month = 670
    state.monthTokens = 1 << 34
    state.turnsWholeAtMs = 1_800_000_000_000
    var turn = Sample.turn(9, in: "c")
    turn.reservedTokens = 4096
    turn.promptTokens = 17
    turn.lane = "batch"
    turn.promptVersion = "v2"
    turn.startByMs = 1_800_000_000_001
    turn.isStarted = true
    turn.skipsCache = true
    turn.isDirect = true
    _ = await journal.commit(.user("u", state), .turn("u", turn))
    #expect(store.answer(.session("u")) == .session(state, cutTurns: [CutTurn(record: turn, text: [])]))
    close()
  }

  @Test("the walk at start has each user once, with their turns in order, and holds no more than its limit")
  func walk() async throws {
    var writes: [StoreWrite] = []
    var random = SeededRandom(seed: 7)
    for user in KeyLayoutTests.hostile {
      for turn in [300, 2, 256, 1, 255] as [TurnID] { writes.append(.turn(user, Sample.turn(turn, in: "c"))) }
    }
    _ = await journal.commit(JournalEntry(writes: writes.shuffled(using: &random)))
    // Turns that have ended are nobody's any more.
    _ = await journal.commit(.turn("ended", Sample.turn(1, in: "c")))
    _ = await journal.commit(.endTurn("ended", 1), .endTurn("a", 2))
    var seen: [[UInt8]] = []
    let count = try store.scanCutTurns { user, turns in
      seen.append(Array(user.utf8))
      #expect(turns.map(\.turnID) == (user == "a" ? [1, 255, 256, 300] : [1, 2, 255, 256, 300]))
    }
    let users = KeyLayoutTests.hostile.count
    #expect(count == CutTurnCount(users: users, turns: 5 * users - 1))
    #expect(seen.count == users)
    #expect(Set(seen) == Set(KeyLayoutTests.hostile.map { Array($0.utf8) }))
    let limited = try store.scanCutTurns(limit: 2) { _, turns in
      #expect(turns.map(\.turnID).first == 1 && turns.count == 2)
    }
    #expect(limited == count)
    struct Enough: Error {}
    var visits = 0
    #expect(throws: Enough.self) {
      try store.scanCutTurns { _, _ in
        visits += 1
        throw Enough()
      }
    }
    #expect(visits == 1)
    close()
  }
}
