import WeirWire

/// The text of a turn as one device was sent it.
struct Transcript: Sendable {
  let turn: UInt64
  /// Where the text begins in the answer.
  let offset: UInt64
  private(set) var text = ""
  /// What was wrong with the order of the pieces; empty: nothing.
  private(set) var faults: [String] = []
  private(set) var deltas = 0

  init(turn: UInt64, offset: UInt64 = 0) {
    self.turn = turn
    self.offset = offset
  }

  /// Where the next piece must begin.
  var end: UInt64 { offset + UInt64(text.utf8.count) }

  /// Adds what a frame brings; returns the turn's ending if the frame is that.
  mutating func take(_ frame: ServerFrame) -> Answer.Ending? {
    switch frame.frame {
    case .delta(let delta) where delta.turnID == turn:
      if delta.offset != end { faults.append("a piece at \(delta.offset) where \(end) was next") }
      text += delta.text
      deltas += 1
    case .turnFinished(let finished) where finished.turnID == turn:
      if finished.length != end { faults.append("finished with length \(finished.length) after \(end) bytes") }
      return .finished(finished)
    case .turnFailed(let failed) where failed.turnID == turn:
      if failed.length != end { faults.append("failed with length \(failed.length) after \(end) bytes") }
      return .failed(failed)
    default: break
    }
    return nil
  }
}

/// An answer that has come to its end.
struct Answer: Sendable {
  enum Ending: Sendable {
    case finished(TurnFinished)
    case failed(TurnFailed)
  }

  let transcript: Transcript
  let ending: Ending

  var text: String { transcript.text }
  var faults: [String] { transcript.faults }
  var finished: TurnFinished? { if case .finished(let it) = ending { it } else { nil } }
  var failed: TurnFailed? { if case .failed(let it) = ending { it } else { nil } }
}
