import Testing

@testable import WeirClient
@testable import weir

@Suite("An answer at a terminal")
struct AnswerViewTests {
  private let ended = TurnEvent.finished(
    FinishedTurn(turnID: 1, conversationID: "c", reason: .complete, sequence: 2, length: 0, revision: 1))

  private func view(showsThoughts: Bool = false) -> AnswerView {
    AnswerView(showsThoughts: showsThoughts, width: 40, now: .seconds(10))
  }

  private func status(_ view: AnswerView, _ seconds: Double) -> String? {
    view.status(at: .seconds(seconds)).map { String($0.plainText.dropFirst(2)) }
  }

  @Test("what is waited for is said, with the time, until there is something to read")
  func waiting() {
    var view = view()
    #expect(status(view, 10.5) == "sending")
    var queued = QueuedTurn(turnID: 1, position: 3, lane: "l", estimate: .seconds(90), reason: .capacity)
    #expect(view.add(.queued(queued), at: .seconds(11)).isEmpty)
    #expect(status(view, 14) == "3 before yours, about 90 s (all places at the provider are taken), 4 s")
    queued = QueuedTurn(turnID: 1, position: 0, lane: "l")
    _ = view.add(.queued(queued), at: .seconds(15))
    #expect(status(view, 15) == "yours is next, 5 s")
    #expect(view.status(at: .seconds(15)) != view.status(at: .seconds(15.1)))
    #expect(view.add(.text("Hello"), at: .seconds(16)).isEmpty)
    #expect(view.status(at: .seconds(16)) == nil)
    #expect(view.add(ended, at: .seconds(17)).plainText == "Hello\n")
    #expect(view.status(at: .seconds(18)) == nil)
  }

  @Test("thoughts are folded to how long they took, and said to be going on meanwhile")
  func folded() {
    var view = view()
    #expect(view.add(.reasoning("Hm. "), at: .seconds(11)).isEmpty)
    #expect(view.add(.reasoning("Well."), at: .seconds(13)).isEmpty)
    #expect(status(view, 13) == "thinking, 2 s")
    let output = view.add(.text("Yes\n"), at: .seconds(14))
    #expect(output == [StyledText("thought for 3.0 s\n", .dim), StyledText("Yes\n")])
    #expect(view.lastThoughts == "Hm. Well.")
  }

  @Test("unfolded they are shown dim, those from before too, and kept to a bound")
  func unfolded() {
    var view = view()
    _ = view.add(.reasoning("one two "), at: .seconds(11))
    let shown = view.toggleThoughts() + view.add(.reasoning("three\u{1B}[2J\nfour"), at: .seconds(12))
    #expect(view.status(at: .seconds(12)) == nil)
    let all = shown + view.add(ended, at: .seconds(13))
    #expect(all.plainText == "one two three\u{241B}[2J\nfour\nthought for 2.0 s\n")
    #expect(all.allSatisfy { $0.style == .dim || $0.text == "\n" || $0.text.allSatisfy(\.isWhitespace) })
    for _ in 0..<200 { _ = view.add(.reasoning(String(repeating: "x", count: 1_000)), at: .seconds(14)) }
    #expect(view.lastThoughts.utf8.count <= AnswerView.maximumThoughtBytes + 1_000)
  }

  @Test("a table says how far it is, calls of tools are dimmed, and nothing of either is obeyed")
  func others() {
    var view = view()
    _ = view.add(.text("| a |\n|---|\n| 1 |\n| 2 |\n"), at: .seconds(11))
    #expect(status(view, 11) == "a table, 2 rows")
    let call = view.add(.toolCall(BegunToolCall(id: "1", name: "t\u{7}")), at: .seconds(12))
    #expect(call.plainText == "a\n─\n1\n2\n[calls t\u{2407}] ")
    #expect(view.add(.toolArguments("{\u{9B}}"), at: .seconds(12)) == [StyledText("{\u{FFFD}}", .dim)])
    #expect(view.add(ended, at: .seconds(12)).plainText == "\n")
  }

  @Test("a row that a note has interrupted goes on in a row of its own")
  func interrupted() {
    var view = view()
    let nine = "123456789 "
    // The last word waits for its end.
    #expect(view.add(.text(nine + nine + nine), at: .seconds(11)).plainText == "123456789 123456789")
    view.wasInterrupted()
    let output = view.add(.text(nine + nine + nine), at: .seconds(11)).plainText
    #expect(output == "123456789 123456789 123456789")
  }
}
