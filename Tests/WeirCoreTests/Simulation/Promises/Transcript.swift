import WeirCore
import WeirWire

/// The text of one answer as any device has seen it, put together from what they were sent, byte by byte: whoever is sent a
/// byte must be sent the same one as all others, in whatever life of the server.
final class Transcript {
  private(set) var bytes: [UInt8] = []
  private var isKnown: [Bool] = []
  private var kinds: [Int32] = []
  private var calls: [Int: (id: String, name: String)] = [:]
  /// When devices had seen how much.
  private(set) var growth: [(time: MonotonicTime, length: Int)] = []
  /// In which life of the server text was last seen.
  private(set) var process = 0
  /// The answer's length, once the store has it.
  var stored: Int?

  /// Adds what a device was sent; says what contradicts.
  func add(
    _ offset: Int, _ part: PartMark, _ text: UnsafeRawBufferPointer, at time: MonotonicTime,
    process: Int
  ) -> String? {
    if text.isEmpty { return "an empty Delta at \(offset)" }
    // Who stops an answer without listening hears only what comes after.
    while bytes.count < offset {
      bytes.append(0)
      kinds.append(0)
      isKnown.append(false)
    }
    if text[0] & 0xC0 == 0x80 { return "a Delta at \(offset) begins inside a character" }
    var complaint: String?
    for (place, byte) in text.enumerated() {
      let at = offset + place
      if at == bytes.count {
        bytes.append(byte)
        isKnown.append(true)
        kinds.append(part.kind.rawValue)
      } else if !isKnown[at] {
        bytes[at] = byte
        kinds[at] = part.kind.rawValue
        isKnown[at] = true
      } else if bytes[at] != byte || kinds[at] != part.kind.rawValue {
        complaint =
          complaint
          ?? "byte \(at) was seen as \(bytes[at]) of kind \(kinds[at]), and comes as \(byte) of \(part.kind.rawValue)"
      }
    }
    if part.kind == .toolCall, !part.toolCallID.isEmpty {
      calls[offset] = (part.toolCallID, part.toolName)
    }
    if growth.last.map({ $0.length < bytes.count }) ?? true { growth.append((time, bytes.count)) }
    self.process = process
    if let stored, offset + text.count > stored {
      complaint = complaint ?? "text goes on to \(offset + text.count), after its end at \(stored)"
    }
    return complaint
  }

  /// The answer goes on with another one's text, of which nobody needs to be sent anything.
  func begin(with prefix: [(kind: PartKind, text: [UInt8])]) {
    for part in prefix {
      bytes += part.text
      kinds += part.text.map { _ in part.kind.rawValue }
      isKnown += part.text.map { _ in true }
    }
  }

  /// The text is known from its beginning on so far.
  private var knownPrefix: Int { isKnown.firstIndex(of: false) ?? isKnown.count }

  /// Whether an answer is what was seen, as far as both go.
  func agrees(with answer: [Part]) -> Bool {
    let seen = AnswerText.parts(
      of: bytes, kinds: kinds, calls: calls, upTo: min(knownPrefix, stored ?? .max))
    return AnswerText.isPrefix(seen, of: answer)
  }
}

/// The content of an answer, put together in the simplest way: by parts, pieces of one tool call joined.
enum AnswerText {
  struct Piece: Equatable {
    var kind: PartKind
    var call = ""
    var text: [UInt8]
  }

  static func parts(
    of bytes: [UInt8], kinds: [Int32], calls: [Int: (id: String, name: String)], upTo end: Int
  ) -> [Piece] {
    var pieces: [Piece] = []
    var current = -1
    for place in 0..<end {
      let kind = PartKind(rawValue: kinds[place])
      if let call = calls[place] {
        current = pieces.firstIndex { $0.kind == .toolCall && $0.call == call.id } ?? pieces.count
        if current == pieces.count {
          pieces.append(Piece(kind: .toolCall, call: call.id, text: []))
        }
      } else if current < 0 || pieces[current].kind != kind {
        current = pieces.count
        pieces.append(Piece(kind: kind, text: []))
      }
      pieces[current].text.append(bytes[place])
    }
    return pieces
  }

  static func pieces(_ parts: [Part]) -> [Piece] {
    parts.compactMap { part in
      switch part.part {
      case .text(let text): Piece(kind: .text, text: Array(text.utf8))
      case .reasoning(let reasoning): Piece(kind: .reasoning, text: Array(reasoning.text.utf8))
      case .toolCall(let call):
        Piece(kind: .toolCall, call: call.id, text: Array(call.arguments.utf8))
      case .toolResult, nil: nil
      }
    }
  }

  /// What a provider said, as parts.
  static func pieces(_ said: [SimulatedFlight.Happening]) -> [Piece] {
    var pieces: [Piece] = []
    var next = PartMark(kind: .text)
    var current = -1
    var before = -1
    for happening in said {
      switch happening {
      case .event(.part(let mark)):
        next = mark
        if current >= 0 { before = current }
        current = -1
      case .text(let text):
        if current < 0 {
          if next.kind == .toolCall {
            current =
              pieces.firstIndex { $0.kind == .toolCall && $0.call == next.toolCallID }
              ?? pieces.count
          } else {
            // Text that follows text goes on with it.
            current = before >= 0 && pieces[before].kind == next.kind ? before : pieces.count
          }
        }
        if current == pieces.count {
          pieces.append(Piece(kind: next.kind, call: next.toolCallID, text: []))
        }
        pieces[current].text += text
      default: break
      }
    }
    return pieces
  }

  /// Reasoning right behind reasoning is one to a device: a Delta does not say where the second begins.
  private static func joined(_ pieces: [Piece]) -> [Piece] {
    var joined: [Piece] = []
    for piece in pieces {
      if piece.kind == .reasoning, joined.last?.kind == .reasoning {
        joined[joined.count - 1].text += piece.text
      } else {
        joined.append(piece)
      }
    }
    return joined
  }

  /// Each part of one is the beginning of the other's, and what is equal in size is equal.
  static func isPrefix(_ seen: [Piece], of answer: [Part]) -> Bool {
    let stored = joined(pieces(answer))
    for (place, piece) in seen.enumerated() {
      guard place < stored.count else { return false }
      let known = stored[place]
      if known.kind != piece.kind || known.call != piece.call
        || !known.text.starts(with: piece.text)
      {
        return false
      }
    }
    return true
  }
}
