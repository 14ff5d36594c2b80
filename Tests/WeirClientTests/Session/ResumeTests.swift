import Testing
import WeirWire

@testable import WeirClient

@Suite("A device whose connection breaks")
struct ResumeTests {
  @Test("goes on with each running answer at its first missing byte, in one round trip")
  func resumeOffsets() throws {
    var device = Device()
    device.connect()
    let first = device.begin(turn: 5, clientID: "a")
    let second = device.begin(turn: 6, clientID: "b")
    let heard = device.hear(.delta(Delta(turnID: 5, offset: 0, text: "Hallo, Wörld")))
    #expect(heard.text(of: first) == "Hallo, Wörld")
    _ = device.lose()
    let hello = try #require(device.connect(resumed: [TurnStatus(turnID: 5), TurnStatus(turnID: 6)]).hello)
    #expect(hello.resume == [SubscribeTurn(turnID: 5, offset: 13), SubscribeTurn(turnID: 6, offset: 0)])
    #expect(hello.follow == ["c"])
    #expect(hello.agent == "test")
    // The server repeats a little; it is not handed on twice.
    let again = device.hear(.delta(Delta(turnID: 5, offset: 12, text: "d!")))
    #expect(again.text(of: first) == "!")
    #expect(again.events(of: second).isEmpty)
  }

  @Test("asks by name for a turn that Welcome does not mention")
  func unmentioned() {
    var device = Device()
    device.connect()
    _ = device.begin(turn: 5)
    device.hear(.delta(Delta(turnID: 5, offset: 0, text: "abc")))
    _ = device.lose()
    #expect(device.connect().subscriptions == [SubscribeTurn(turnID: 5, offset: 3)])
  }

  @Test("ends the stream of a turn that the server has forgotten, and only when it says so by name")
  func forgotten() throws {
    var device = Device()
    device.connect()
    let id = device.begin(turn: 5)
    _ = device.lose()
    // Welcome tells what the server has at hand; the turn may have ended and be on disk.
    let sent = device.connect(resumed: [TurnStatus(turnID: 5, state: .unknown)])
    #expect(sent.subscriptions == [SubscribeTurn(turnID: 5, offset: 0)])
    let heard = device.hear(.subscribed(Subscribed(status: TurnStatus(turnID: 5, state: .unknown))))
    guard case .failed(let failed) = try #require(heard.events(of: id).last) else {
      Issue.record("not failed")
      return
    }
    #expect(failed.error.code == .notFound)
  }

  @Test("takes a stop that came too late for no news")
  func lateStop() throws {
    var device = Device()
    device.connect()
    let id = device.begin(turn: 5)
    device.session.stopTurn(of: id)
    let requestID = try #require(device.frames().last?.requestID)
    #expect(requestID != 0)
    #expect(device.hear(.error(WeirError(code: .notFound, message: "ended")), requestID: requestID).isEmpty)
  }

  @Test("takes the finished message for the rest of an answer whose log is gone")
  func finishedMeanwhile() {
    var device = Device()
    device.connect()
    let id = device.begin(turn: 5)
    device.hear(.delta(Delta(turnID: 5, offset: 0, text: "one ")))
    _ = device.lose()
    device.connect(resumed: [TurnStatus(turnID: 5, state: .unknown)])
    let message = Message(
      sequence: 2, role: .assistant, parts: [.text("one two")], turnID: 5, status: .complete, finishReason: .complete,
      usage: Usage(outputTokens: 2))
    let heard = device.hear(
      .subscribed(
        Subscribed(
          status: TurnStatus(turnID: 5, conversationID: "c", state: .finished, length: 7), offset: 4, message: message))
    )
    #expect(heard.text(of: id) == "two")
    guard case .finished(let end) = heard.events(of: id).last else {
      Issue.record("not finished")
      return
    }
    #expect(end.reason == .complete && end.usage?.outputTokens == 2 && end.length == 7)
  }

  @Test("reports an answer that a restart cut off as failed, with its partial kept")
  func interrupted() {
    var device = Device()
    device.connect()
    let id = device.begin(turn: 5)
    device.hear(.delta(Delta(turnID: 5, offset: 0, text: "one two three")))
    _ = device.lose()
    device.connect(resumed: [TurnStatus(turnID: 5, state: .failed, length: 7)])
    // The checkpoint on disk is shorter than what had been streamed.
    let message = Message(
      sequence: 2, role: .assistant, parts: [.text("one two")], turnID: 5, status: .interrupted)
    let heard = device.hear(
      .subscribed(Subscribed(status: TurnStatus(turnID: 5, state: .failed), offset: 7, message: message)))
    guard case .failed(let failed) = heard.events(of: id).last else {
      Issue.record("not failed")
      return
    }
    #expect(failed.error.code == .interrupted && failed.partialKept && failed.length == 7)
    #expect(heard.text(of: id).isEmpty)
  }

  @Test("sends what is not acknowledged again, in order, with the same client ids, and what is, not")
  func resend() {
    var device = Device()
    device.connect()
    _ = device.say("one", clientID: "a")
    _ = device.say("two", clientID: "b")
    _ = device.say("three", clientID: "c3")
    #expect(device.frames().messages.map(\.clientMessageID) == ["a", "b", "c3"])
    device.hear(.ack(.durable("b", turn: 9)))
    _ = device.lose()
    let sent = device.connect(resumed: [TurnStatus(turnID: 9)])
    #expect(sent.messages.map(\.clientMessageID) == ["a", "c3"])
    #expect(sent.messages.first?.parts == [.text("one")])
  }

  @Test("does not take accepted for safe: the message is sent again")
  func acceptedIsNotSafe() {
    var device = Device()
    device.connect()
    let id = device.say("one")
    _ = device.frames()
    let heard = device.hear(
      .ack(Ack(clientMessageID: "m1", level: .accepted, conversationID: "c")))
    #expect(heard.events(of: id).isEmpty)
    _ = device.lose()
    #expect(device.connect().messages.count == 1)
  }

  @Test("asks for the text of an answer that began on the connection before, after a duplicate's ack")
  func duplicateAck() {
    var device = Device()
    device.connect()
    let id = device.say("one")
    _ = device.lose()
    device.connect()
    let heard = device.hear(.ack(.durable("m1", turn: 4, duplicate: true)))
    #expect(heard.frames.subscriptions == [SubscribeTurn(turnID: 4, offset: 0)])
    guard case .acked(let acked) = heard.events(of: id).first else {
      Issue.record("no ack")
      return
    }
    #expect(acked.isDuplicate && acked.turnID == 4)
  }

  @Test("does not repeat what has no id of its own, and says so")
  func continueIsNotRepeated() {
    var device = Device()
    device.connect()
    let id = device.session.newStreamID()
    device.session.ask(.continueTurn(ContinueTurn(conversationID: "c")), conversationID: "c", position: nil, on: id)
    #expect(device.frames().count == 1)
    let lost = device.lose()
    guard case .failed(let failed) = lost.events(of: id).last else {
      Issue.record("not failed")
      return
    }
    #expect(failed.error.code == .connectionLost)
    #expect(device.connect().count == 1, "only Hello")
  }

  @Test("does not send again what made the server close with a protocol error", arguments: [1002, 1003, 1007, 1009])
  func poison(code: UInt16) {
    var device = Device()
    device.connect()
    let id = device.say("huge")
    _ = device.frames()
    let lost = device.lose(.closed(code: code))
    guard case .failed = lost.events(of: id).last else {
      Issue.record("not failed")
      return
    }
    #expect(lost.connectDelay != nil)
    #expect(device.connect().messages.isEmpty)
  }

  @Test("stops an answer on the new connection if the stop was lost with the old one")
  func stopAgain() {
    var device = Device()
    device.connect()
    let id = device.begin(turn: 5)
    device.session.stopTurn(of: id)
    #expect(device.frames().stops == [5])
    _ = device.lose()
    #expect(device.connect(resumed: [TurnStatus(turnID: 5)]).stops == [5])
  }

  @Test("fills a gap by asking from the first missing byte, and ends only when the text is whole")
  func gap() {
    var device = Device()
    device.connect()
    let id = device.begin(turn: 5)
    device.hear(.delta(Delta(turnID: 5, offset: 0, text: "one ")))
    let gap = device.hear(.delta(Delta(turnID: 5, offset: 8, text: "three")))
    #expect(gap.frames.subscriptions == [SubscribeTurn(turnID: 5, offset: 4)])
    #expect(gap.text(of: id).isEmpty)
    let ended = device.hear(.turnFinished(TurnFinished(turnID: 5, reason: .complete, length: 13)))
    #expect(ended.events(of: id).isEmpty)
    device.hear(.subscribed(Subscribed(status: TurnStatus(turnID: 5, state: .running), offset: 4)))
    let rest = device.hear(.delta(Delta(turnID: 5, offset: 4, text: "two three")))
    #expect(rest.text(of: id) == "two three")
    guard case .finished = rest.events(of: id).last else {
      Issue.record("not finished")
      return
    }
  }
}
