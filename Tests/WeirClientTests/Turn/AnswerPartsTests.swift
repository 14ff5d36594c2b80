import Testing

@testable import WeirClient

@Suite("The parts of one answer")
struct AnswerPartsTests {
  private let call = BegunToolCall(id: "a", name: "weather")
  private let finished = TurnEvent.finished(
    FinishedTurn(turnID: 7, conversationID: "c", reason: .toolCalls, sequence: 2, length: 14, revision: 2))

  @Test("bytes of every kind are one run, and each piece keeps its kind")
  func oneRun() {
    var track = TurnTrack(position: 0)
    #expect(track.receive(AnswerPiece("think", at: 0, .reasoning), turnID: 7).pieces == [.reasoning("think")])
    #expect(track.receive("say", at: 5, turnID: 7).pieces == [.text("say")])
    #expect(
      track.receive(AnswerPiece("{}", at: 8, .toolArguments, begins: call), turnID: 7).pieces
        == [.toolCall(call), .toolArguments("{}")])
    #expect(track.position == 10)
  }

  @Test("a tool call that is told again is one call, also when no argument has come yet")
  func callsOnce() {
    var track = TurnTrack(position: 4)
    let begin = AnswerPiece("", at: 4, .toolArguments, begins: call)
    #expect(track.receive(begin, turnID: 7).pieces == [.toolCall(call)])
    #expect(track.receive(begin, turnID: 7).pieces.isEmpty)
    let more = AnswerPiece("{}", at: 4, .toolArguments, begins: call)
    #expect(track.receive(more, turnID: 7).pieces == [.toolArguments("{}")])
    #expect(track.receive(more, turnID: 7) == .nothing)
    // Two calls without arguments begin at the same byte.
    let others = [BegunToolCall(id: "b", name: "time"), BegunToolCall(id: "c", name: "time")]
    for other in others + others {
      _ = track.receive(AnswerPiece("", at: 6, .toolArguments, begins: other), turnID: 7)
    }
    #expect(track.receive(AnswerPiece("", at: 6, .toolArguments, begins: others[0]), turnID: 7) == .nothing)
  }

  @Test("a tool call behind a gap is asked for like text")
  func gapBeforeCall() {
    var track = TurnTrack(position: 0)
    #expect(
      track.receive(AnswerPiece("", at: 4, .toolArguments, begins: call), turnID: 7) == TurnTrack.Outcome(ask: 0))
  }

  @Test("tool calls that take no bytes are bounded")
  func endlessCalls() {
    var track = TurnTrack(position: 0)
    for number in 0..<TurnTrack.maximumCallsAtOneByte {
      let call = BegunToolCall(id: "\(number)", name: "t")
      #expect(track.receive(AnswerPiece("", at: 0, .toolArguments, begins: call), turnID: 7).end == nil)
    }
    guard case .failed(let failed) = track.receive(AnswerPiece("", at: 0, begins: call), turnID: 7).end else {
      Issue.record("not ended")
      return
    }
    #expect(failed.error.code == .protocolViolation)
  }

  @Test("bytes of a kind that is not known count, and nobody is shown them")
  func unknownKind() {
    var track = TurnTrack(position: 0)
    #expect(track.receive(AnswerPiece("pixels", at: 0, .unknown), turnID: 7) == .nothing)
    #expect(track.receive("text", at: 6, turnID: 7).pieces == [.text("text")])
  }

  @Test(
    "the whole message in place of the log brings what is missing, wherever the stream stood",
    arguments: UInt64(0)...14)
  func whole(position: UInt64) {
    let parts: [ChatPart] = [
      .reasoning("hm"), .text("Look: "), .toolCall(ChatToolCall(id: "a", name: "weather", arguments: "{}")),
      .toolCall(ChatToolCall(id: "b", name: "time", arguments: "")), .text("four"),
    ]
    var track = TurnTrack(position: position)
    let outcome = track.receiveWhole(parts, end: finished, turnID: 7)
    #expect(outcome.end == finished && outcome.ask == nil)
    #expect(outcome.pieces.reduce(0) { $0 + $1.answerBytes } == 14 - Int(position))
    // What began at the position may have begun for this device too; what began before it has.
    #expect(outcome.pieces.contains(.toolCall(call)) == (position <= 8))
    #expect(outcome.pieces.contains(.toolCall(BegunToolCall(id: "b", name: "time"))) == (position <= 10))
    #expect(track.position == 14)
  }

  @Test("behind a part that is not known nothing has a place, and the answer ends")
  func unknownPart() {
    var track = TurnTrack(position: 0)
    let outcome = track.receiveWhole([.text("a"), .unknown, .text("b")], end: finished, turnID: 7)
    #expect(outcome == TurnTrack.Outcome(pieces: [.text("a")], end: finished))
  }

  @Test("events put together are the parts of the message")
  func together() {
    var answer = AnswerParts()
    let events: [TurnEvent] = [
      .toolArguments("lost"), .reasoning("h"), .reasoning("m"), .text("Lo"), .text("ok"), .toolCall(call),
      .toolArguments("{"), .toolArguments("}"), .toolCall(BegunToolCall(id: "b", name: "time")), .text("!"), finished,
    ]
    for event in events { answer.add(event) }
    #expect(
      answer.parts == [
        .reasoning("hm"), .text("Look"), .toolCall(ChatToolCall(id: "a", name: "weather", arguments: "{}")),
        .toolCall(ChatToolCall(id: "b", name: "time", arguments: "")), .text("!"),
      ])
    #expect(answer.text == "Look!")
    #expect(answer.toolCalls.map(\.id) == ["a", "b"])
  }
}
