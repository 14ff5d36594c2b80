import WeirWire

/// One device of a storm: it comes and goes, and its answer must come whole all the same.
struct StormDevice {
  enum State {
    /// Has not asked.
    case idle
    case waiting
    case streaming
    /// Has hung up.
    case away
    /// Connects again.
    case returning
    case finished
  }

  var state = State.idle
  /// Its present connection's place among the loop's links.
  var link: Int
  private(set) var turnID: UInt64 = 0
  private(set) var conversation = ""
  /// The answer's bytes so far.
  private(set) var length: UInt64 = 0
  /// FNV-1a of them.
  private(set) var hash = Self.emptyHash
  /// Tokens sent from here on count as lag; earlier ones had to wait for the device.
  var attachedAt: UInt64 = 0
  /// When it began to come back; 0 once the first text has come.
  var returnedAt: UInt64 = 0
  private var stamps = StampReader()

  private static let emptyHash: UInt64 = 0xCBF2_9CE4_8422_2325

  init(link: Int) { self.link = link }

  /// It can hang up, and come back to its answer.
  var mayLeave: Bool { state == .streaming && turnID != 0 }

  mutating func started(_ turn: UInt64, in conversation: String) -> String? {
    if turnID != 0, turnID != turn { return "two answers came to one message" }
    (turnID, self.conversation) = (turn, conversation)
    return nil
  }

  /// Takes a delta; calls `stamp` with the times of the tokens that are whole with it. Returns what is wrong with it.
  mutating func received(_ delta: DeltaView, stamp: (UInt64) -> Void) -> String? {
    guard delta.turnID == turnID else { return "a delta came for an answer that nobody had asked for" }
    if delta.offset > length { return "\(delta.offset - length) bytes of an answer were left out" }
    if delta.offset < length { return "\(length - delta.offset) bytes of an answer came a second time" }
    return take(delta.text, stamp: stamp)
  }

  /// Takes a finished message in place of the rest of the log.
  mutating func received(whole message: Message, stamp: (UInt64) -> Void) -> String? {
    let text = Self.text(of: message)
    guard UInt64(text.count) >= length else { return "the finished message is shorter than what had come of it" }
    guard Self.hash(text.prefix(Int(length))) == hash else { return "the finished message begins with another text" }
    if let problem = text.withUnsafeBytes({ bytes in
      take(UnsafeRawBufferPointer(rebasing: bytes[Int(length)...]), stamp: stamp)
    }) {
      return problem
    }
    state = .finished
    return nil
  }

  mutating func finished(_ end: TurnFinished, tokens: Int) -> String? {
    if end.turnID != turnID { return "an answer ended that nobody had asked for" }
    if end.length != length { return "an answer of \(end.length) bytes ended after \(length)" }
    if stamps.count != tokens { return "\(tokens) tokens were asked for and \(stamps.count) came" }
    state = .finished
    return nil
  }

  /// Compares what is stored with what came. Returns what is wrong.
  func audit(_ stored: Message?, tokens: Int) -> String? {
    guard let stored else { return "an answer that had come is not in the history" }
    if stamps.count != tokens { return "\(tokens) tokens were asked for and \(stamps.count) came" }
    return Self.hash(Self.text(of: stored)[...]) == hash ? nil : "the stored answer is not the one that came"
  }

  private mutating func take(_ text: UnsafeRawBufferPointer, stamp: (UInt64) -> Void) -> String? {
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    length += UInt64(text.count)
    return stamps.feed(text, stamp) ? nil : "tokens came out of order, twice, or changed"
  }

  private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(emptyHash) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  private static func text(of message: Message) -> [UInt8] {
    message.parts.reduce(into: []) { bytes, part in
      if case .text(let text)? = part.part { bytes += Array(text.utf8) }
    }
  }
}
