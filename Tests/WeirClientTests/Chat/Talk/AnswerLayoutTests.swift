import Testing

@testable import WeirClient
@testable import weir

@Suite("An answer on the screen")
struct AnswerLayoutTests {
  private let events: [TurnEvent] = [
    .reasoning("Hm"), .reasoning("m."), .text("Look:\n"), .text("it"),
    .toolCall(BegunToolCall(id: "1", name: "time")), .toolCall(BegunToolCall(id: "2", name: "weather")),
    .toolArguments("{"), .toolArguments("}"), .text("Done"),
    .finished(FinishedTurn(turnID: 1, conversationID: "c", reason: .complete, sequence: 2, length: 0, revision: 1)),
  ]

  private func shown(_ events: [TurnEvent], showsThoughts: Bool) -> [AnswerLayout.Piece] {
    var layout = AnswerLayout(showsThoughts: showsThoughts)
    return events.flatMap { layout.add($0) }
  }

  @Test("at a terminal thoughts and calls are dimmed, marked and on lines of their own")
  func terminal() {
    let pieces = shown(events, showsThoughts: true)
    #expect(
      pieces.map(\.text).joined() == "[thinks] Hmm.\nLook:\nit\n[calls time] \n[calls weather] {}\nDone\n")
    #expect(pieces.filter { !$0.isDim }.map(\.text).joined() == "\nLook:\nit\n\n\nDone\n")
  }

  @Test("elsewhere there is what the model says, joined, and a line end")
  func pipe() {
    #expect(shown(events, showsThoughts: false).map(\.text).joined() == "Look:\nitDone\n")
    let seam = TurnEvent.seam(ChangedEndpoint(turnID: 1, offset: 2, reason: nil, from: "a", to: "b"))
    #expect(shown([.text("in one"), seam, .text(" word")], showsThoughts: false).map(\.text).joined() == "in one word")
  }

  @Test(
    "long reasoning is folded, however it is cut, and says how much there was", arguments: [1, 7, 399, 400, 401, 999])
  func folded(pieceLength: Int) {
    let thoughts = (0..<999).map { Character(Unicode.Scalar(UInt8(ascii: "a") + UInt8($0 % 26))) }
    let pieces = stride(from: 0, to: thoughts.count, by: pieceLength).map { start in
      TurnEvent.reasoning(String(thoughts[start..<min(start + pieceLength, thoughts.count)]))
    }
    let text = shown(pieces + [.text("ok")], showsThoughts: true).map(\.text).joined()
    #expect(text == "[thinks] \(String(thoughts[..<400])) ... (599 characters more)\nok")
  }

  @Test("an answer that ends with its line gets no empty one, and one without text no line at all")
  func lineEnds() {
    #expect(shown([.text("a\n"), events[9]], showsThoughts: true).map(\.text) == ["a\n"])
    #expect(shown([events[9]], showsThoughts: true).isEmpty)
  }
}
