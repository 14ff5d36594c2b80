import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("What a session begins with")
struct SessionTests: HasStore {
  let rig: StoreRig

  init() throws { rig = try StoreRig() }

  private func cutTexts(_ user: UserID = "u") -> [String] {
    guard case .session(_, let cut) = store.answer(.session(user)) else { return ["no session"] }
    return cut.map { String(decoding: $0.text, as: UTF8.self) }
  }

  @Test("a user nobody has seen has nothing")
  func unknown() {
    #expect(store.answer(.session("u")) == .session(UserState(lastTurnID: 0), cutTurns: []))
    close()
  }

  @Test("checkpoints are joined from the base on, up to the first gap")
  func gap() async {
    _ = await journal.commit(
      .turn("u", Sample.turn(7, in: "c", base: 100)),
      .turnText("u", 7, offset: 100, text: Array("one ".utf8), marks: []),
      .turnText("u", 7, offset: 104, text: Array("two ".utf8), marks: []),
      .turnText("u", 7, offset: 109, text: Array("lost".utf8), marks: [])
    )
    #expect(cutTexts() == ["one two "])
    _ = await journal.commit(.turnText("u", 7, offset: 108, text: Array("+".utf8), marks: []))
    #expect(cutTexts() == ["one two +lost"])
    close()
  }

  @Test("a turn without text from its base on has none")
  func noBase() async {
    _ = await journal.commit(
      .turn("u", Sample.turn(7, in: "c", base: 100)),
      .turnText("u", 7, offset: 101, text: Array("lost".utf8), marks: []))
    #expect(cutTexts() == [""])
    close()
  }

  @Test("checkpoints that overlap say nothing twice")
  func overlap() async {
    _ = await journal.commit(
      .turn("u", Sample.turn(7, in: "c")), .turnText("u", 7, offset: 0, text: Array("abcdef".utf8), marks: []),
      .turnText("u", 7, offset: 3, text: Array("def".utf8), marks: []),
      .turnText("u", 7, offset: 4, text: Array("efgh".utf8), marks: []))
    #expect(cutTexts() == ["abcdefgh"])
    close()
  }

  @Test("a character that was cut is left out, also when its rest was never written")
  func characters() async {
    let text = Array("né €".utf8)
    for end in 0...text.count {
      _ = await journal.commit(
        .turn("u", Sample.turn(7, in: "c")), .turnText("u", 7, offset: 0, text: Array(text[..<end]), marks: []))
      #expect(["", "n", "n", "né", "né ", "né ", "né ", "né €"][end] == cutTexts()[0])
    }
    // The rest comes with the next checkpoint.
    _ = await journal.commit(
      .turnText("u", 7, offset: 0, text: Array(text[..<2]), marks: []),
      .turnText("u", 7, offset: 2, text: Array(text[2...]), marks: []))
    #expect(cutTexts() == ["né €"])
    close()
  }

  @Test("each turn has its own text, and the last turn id never falls behind")
  func several() async throws {
    for turn in 1...300 as ClosedRange<UInt64> {
      _ = await journal.commit(
        .turn("u", Sample.turn(turn, in: "c")),
        .turnText("u", turn, offset: 0, text: Array("text \(turn)".utf8), marks: []))
    }
    _ = await journal.commit(.user("u", UserState(lastTurnID: 12)), .turn("v", Sample.turn(4, in: "c")))
    guard case .session(UserState(lastTurnID: 300), let cut) = store.answer(.session("u")) else {
      Issue.record("\(store.answer(.session("u")))")
      return
    }
    #expect(cut.map(\.record.turnID) == Array(1...300))
    #expect(cut.map { String(decoding: $0.text, as: UTF8.self) } == (1...300).map { "text \($0)" })
    _ = await journal.commit(.user("u", UserState(lastTurnID: 1000)))
    guard case .session(UserState(lastTurnID: 1000), _) = store.answer(.session("u")) else {
      Issue.record("the user's record does not count")
      return
    }
    close()
  }
}
