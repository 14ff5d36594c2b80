/// Which bytes of one answer this device has, so that none is handed on twice and none is left out.
///
/// Everything the server says about an answer's text goes through here: pieces in order are let through, what was seen
/// before is cut away, and where something is missing the answer is asked for again from the first missing byte. An
/// end is held back until the text up to it is complete. Bytes of all kinds count alike: text, reasoning and the
/// arguments of tool calls are one run.
package struct TurnTrack: Sendable, Equatable {
  /// What to do after a step. Pieces come before the end.
  package struct Outcome: Sendable, Equatable {
    /// The next pieces of the answer for the reader.
    package var pieces: [TurnEvent] = []
    /// Subscribe to the turn from this byte on.
    package var ask: UInt64?
    /// The answer has ended.
    package var end: TurnEvent?

    package static let nothing = Outcome()
  }

  /// Questions in a row that brought nothing before the answer is given up.
  package static let maximumFruitlessAsks = 4
  /// Tool calls without arguments in a row: they take no bytes, so nothing else bounds them.
  package static let maximumCallsAtOneByte = 128

  /// The first byte not yet handed on; nil: not known where the text begins.
  package private(set) var position: UInt64?
  /// Whether a question for missing text is on its way.
  package private(set) var isAsking = false
  private var fruitlessAsks = 0
  private var heldEnd: HeldEnd?
  /// Tool calls that began at `position` and were handed on: a new connection may tell of them again.
  private var callsHere: [BegunToolCall] = []

  private struct HeldEnd: Sendable, Equatable {
    var length: UInt64
    var event: TurnEvent
  }

  /// `position` is where the text begins; nil if only the server knows (an answer that goes on with another).
  package init(position: UInt64?) {
    self.position = position
  }

  /// The answer begins, and its first new byte is at `offset`.
  package mutating func begin(at offset: UInt64) {
    if position == nil { position = offset }
  }

  /// A piece came.
  package mutating func receive(_ piece: AnswerPiece, turnID: UInt64) -> Outcome {
    let (end, overflow) = piece.offset.addingReportingOverflow(UInt64(piece.text.utf8.count))
    if overflow {
      return broken(turnID, "an answer's text longer than can be counted")
    }
    let have = position ?? piece.offset
    if piece.offset > have { return ask(turnID) }
    position = have
    var outcome = Outcome()
    if let call = piece.begins, piece.offset == have, !callsHere.contains(call) {
      guard callsHere.count < Self.maximumCallsAtOneByte else { return broken(turnID, "tool calls without end") }
      callsHere.append(call)
      outcome.pieces.append(.toolCall(call))
    }
    if end <= have { return outcome }
    let rest = piece.text.utf8.dropFirst(Int(have - piece.offset))
    guard let bytes = String(Substring(rest)) as String?, bytes.utf8.count == rest.count, Self.startsWhole(rest) else {
      return broken(turnID, "a piece of text that does not fit the one before")
    }
    if let event = piece.event(bytes) { outcome.pieces.append(event) }
    outcome.end = advance(to: end)
    return outcome
  }

  /// The running log is gone and the whole answer came instead; `end` is how it ended.
  package mutating func receiveWhole(_ parts: [ChatPart], end: TurnEvent, turnID: UInt64) -> Outcome {
    isAsking = false
    heldEnd = nil
    position = position ?? 0
    var outcome = Outcome(end: end)
    var offset: UInt64 = 0
    for part in parts {
      // Behind a part whose bytes cannot be counted nothing has a place.
      guard let piece = AnswerPiece(part, at: offset) else { break }
      let step = receive(piece, turnID: turnID)
      outcome.pieces += step.pieces
      if let failure = step.end {
        outcome.end = failure
        break
      }
      offset += UInt64(piece.text.utf8.count)
    }
    return outcome
  }

  /// The server will send text from `offset` on.
  package mutating func subscribed(from offset: UInt64, turnID: UInt64) -> Outcome {
    isAsking = false
    // Text from behind the position would leave a hole: ask again rather than wait for it to show.
    if let position, offset > position { return ask(turnID) }
    if position == nil { position = offset }
    return .nothing
  }

  /// The answer has ended with `length` bytes; nil: the text was not kept, so none is worth waiting for.
  package mutating func end(length: UInt64?, with event: TurnEvent, turnID: UInt64) -> Outcome {
    guard let length, let position, position < length else {
      return Outcome(end: event)
    }
    heldEnd = HeldEnd(length: length, event: event)
    return ask(turnID)
  }

  /// The connection is gone, and with it what was asked.
  package mutating func disconnected() {
    isAsking = false
    fruitlessAsks = 0
  }

  /// Returns the end that waited for these bytes.
  private mutating func advance(to end: UInt64) -> TurnEvent? {
    position = end
    callsHere = []
    isAsking = false
    fruitlessAsks = 0
    guard let held = heldEnd, end >= held.length else { return nil }
    heldEnd = nil
    return held.event
  }

  private mutating func ask(_ turnID: UInt64) -> Outcome {
    if isAsking { return .nothing }
    fruitlessAsks += 1
    guard fruitlessAsks <= Self.maximumFruitlessAsks else {
      return broken(turnID, "an answer with a hole, and no text for it when asked")
    }
    isAsking = true
    return Outcome(ask: position ?? 0)
  }

  private mutating func broken(_ turnID: UInt64, _ what: String) -> Outcome {
    let error = WeirClientError(
      code: .protocolViolation, message: "The server sent \(what); read the conversation's history instead.",
      isRetryable: true)
    return Outcome(
      end: .failed(FailedTurn(turnID: turnID, error: error, partialKept: false, length: position ?? 0)))
  }

  /// A byte 10xxxxxx goes on with a character that began before the cut.
  private static func startsWhole(_ bytes: Substring.UTF8View) -> Bool {
    bytes.first.map { $0 & 0xC0 != 0x80 } ?? true
  }
}
