import Testing

@testable import WeirClient

@Suite("The bytes of one answer")
struct TurnTrackTests {
  let finished = TurnEvent.finished(
    FinishedTurn(turnID: 7, conversationID: "c", reason: .complete, sequence: 2, length: 10, revision: 2))

  @Test("pieces in order are handed on as they are")
  func inOrder() {
    var track = TurnTrack(position: 0)
    #expect(track.receive("Hel", at: 0, turnID: 7).text == "Hel")
    #expect(track.receive("lo", at: 3, turnID: 7).text == "lo")
    #expect(track.position == 5)
  }

  @Test("bytes seen before are cut away, not handed on twice")
  func overlap() {
    var track = TurnTrack(position: 0)
    _ = track.receive("Hello", at: 0, turnID: 7)
    #expect(track.receive("Hello", at: 0, turnID: 7) == .nothing)
    #expect(track.receive("lo you", at: 3, turnID: 7).text == " you")
    #expect(track.position == 9)
  }

  @Test("a gap asks for the first missing byte, once, and nothing behind it is handed on")
  func gap() {
    var track = TurnTrack(position: 0)
    _ = track.receive("Hello", at: 0, turnID: 7)
    #expect(track.receive("later", at: 9, turnID: 7) == TurnTrack.Outcome(ask: 5))
    #expect(track.receive("still later", at: 14, turnID: 7) == .nothing)
    #expect(track.receive(" you", at: 5, turnID: 7).text == " you")
    #expect(track.position == 9)
  }

  @Test("a server that never fills the gap ends the stream with an error instead of a loop")
  func endlessGap() {
    var track = TurnTrack(position: 0)
    for _ in 0..<TurnTrack.maximumFruitlessAsks {
      #expect(track.receive("x", at: 3, turnID: 7).ask == 0)
      _ = track.subscribed(from: 0, turnID: 7)
    }
    guard case .failed(let failed) = track.receive("x", at: 3, turnID: 7).end else {
      Issue.record("no end")
      return
    }
    #expect(failed.error.code == .protocolViolation)
  }

  @Test("a cut inside a character is taken for another text, not handed on as a broken one")
  func cutInsideCharacter() {
    var track = TurnTrack(position: 0)
    _ = track.receive("a", at: 0, turnID: 7)
    // The server now says that byte 1 is inside a character of two bytes.
    let outcome = track.receive("\u{E9}b", at: 0, turnID: 7)
    #expect(outcome.text == nil)
    guard case .failed = outcome.end else {
      Issue.record("no end")
      return
    }
  }

  @Test("an offset near the end of the numbers does not crash", arguments: [UInt64.max, UInt64.max - 1])
  func overflow(offset: UInt64) {
    var track = TurnTrack(position: offset)
    let outcome = track.receive("abc", at: offset, turnID: 7)
    #expect(outcome.text == nil && outcome.end != nil)
  }

  @Test("the end waits for the text before it")
  func heldEnd() {
    var track = TurnTrack(position: 0)
    _ = track.receive("Hello", at: 0, turnID: 7)
    #expect(track.end(length: 10, with: finished, turnID: 7) == TurnTrack.Outcome(ask: 5))
    let outcome = track.receive(", you", at: 5, turnID: 7)
    #expect(outcome.text == ", you")
    #expect(outcome.end == finished)
  }

  @Test("an end without text to wait for comes at once")
  func endAtOnce() {
    var track = TurnTrack(position: 0)
    #expect(track.end(length: 0, with: finished, turnID: 7).end == finished)
    #expect(track.end(length: nil, with: finished, turnID: 7).end == finished)
  }

  @Test("the whole message in place of the log brings only what is missing")
  func whole() {
    var track = TurnTrack(position: 0)
    _ = track.receive("Hello", at: 0, turnID: 7)
    let outcome = track.receiveWhole([.text("Hello, you")], end: finished, turnID: 7)
    #expect(outcome == TurnTrack.Outcome(pieces: [.text(", you")], end: finished))
    var behind = TurnTrack(position: 0)
    _ = behind.receive("Hello, you, and more", at: 0, turnID: 7)
    #expect(behind.receiveWhole([.text("Hello, you")], end: finished, turnID: 7) == TurnTrack.Outcome(end: finished))
  }

  @Test("an answer that goes on with another begins where the server says")
  func continued() {
    var track = TurnTrack(position: nil)
    track.begin(at: 40)
    #expect(track.receive("more", at: 40, turnID: 7).text == "more")
    #expect(track.position == 44)
  }

  @Test("whatever is repeated, overlapped, cut or lost on the way, the text arrives whole and once", arguments: 1...40)
  func anyOrder(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let letters = Array("aé€😀 b\n")
    let answer = String((0..<200).map { _ in letters.randomElement(using: &random) ?? "x" })
    let bytes = Array(answer.utf8)
    let cuts = bytes.indices.filter { bytes[$0] & 0xC0 != 0x80 } + [bytes.count]
    var track = TurnTrack(position: 0)
    var got = ""
    var sent = 0
    var steps = 0
    var last = TurnTrack.Outcome.nothing
    while last.end == nil {
      steps += 1
      try #require(steps < 100_000, "seed \(seed)")
      // The server goes back, skips ahead or goes on; it answers a question by going to where it was asked.
      if let ask = last.ask {
        sent = Int(ask)
        _ = track.subscribed(from: ask, turnID: 7)
      } else if Int.random(in: 0..<4, using: &random) == 0 {
        sent = try #require(cuts.filter { $0 <= Int(track.position ?? 0) + 8 }.randomElement(using: &random))
      }
      let end = try #require(cuts.filter { $0 >= sent && $0 <= sent + 12 }.randomElement(using: &random))
      if sent == bytes.count {
        last = track.end(length: UInt64(bytes.count), with: finished, turnID: 7)
      } else {
        last = track.receive(String(decoding: bytes[sent..<end], as: UTF8.self), at: UInt64(sent), turnID: 7)
        // A question that is never answered is asked again on the next connection.
        if track.isAsking, last.ask == nil { track.disconnected() }
        sent = end
      }
      got += last.text ?? ""
    }
    #expect(Array(got.utf8) == bytes, "seed \(seed)")
    #expect(last.end == finished, "seed \(seed)")
  }
}

extension TurnTrack {
  /// Plain text.
  mutating func receive(_ text: String, at offset: UInt64, turnID: UInt64) -> Outcome {
    receive(AnswerPiece(text, at: offset), turnID: turnID)
  }
}

extension TurnTrack.Outcome {
  /// The plain text; nil: there is none.
  var text: String? {
    let texts = pieces.compactMap { if case .text(let text) = $0 { text } else { nil } }
    return texts.isEmpty ? nil : texts.joined()
  }
}
