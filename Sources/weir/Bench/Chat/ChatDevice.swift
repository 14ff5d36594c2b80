import WeirWire

/// One device's answer as it comes: each byte must follow the one before, and the end must be where the server says.
struct ChatDevice {
  enum State {
    /// Has not asked.
    case idle
    case waiting
    case streaming
    case finished
  }

  private(set) var state = State.idle
  private(set) var sentAt: UInt64 = 0
  /// The answer's bytes so far.
  private(set) var length: UInt64 = 0
  /// The answer's tokens, as its usage says; 0 if it does not.
  private(set) var tokens: UInt64 = 0
  /// FNV-1a of the text; 0 where stamps are in it.
  private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  private(set) var isStamped = false
  private var turnID: UInt64 = 0
  private var lastDelta: UInt64 = 0
  private var stamps = StampReader()

  /// What a delta brought.
  enum Arrival {
    /// The answer's first.
    case first
    /// So many nanoseconds after the one before.
    case later(UInt64)
    /// It is not what must come now.
    case wrong(String)
  }

  /// The message goes out now.
  mutating func sent(now: UInt64) {
    self = ChatDevice()
    state = .waiting
    sentAt = now
  }

  mutating func started(_ turn: UInt64) -> String? {
    if turnID != 0, turnID != turn { return "two answers came to one message" }
    turnID = turn
    return nil
  }

  /// Takes a delta; calls `stamp` with the times of the stamped tokens that are whole with it.
  mutating func received(_ delta: DeltaView, now: UInt64, stamp: (UInt64) -> Void) -> Arrival {
    if let problem = started(delta.turnID) { return .wrong(problem) }
    if delta.offset > length {
      return .wrong("a delta began \(delta.offset - length) bytes after the end of the one before")
    }
    if delta.offset < length { return .wrong("a delta brought \(length - delta.offset) bytes a second time") }
    return received(text: delta.text, now: now, stamp: stamp)
  }

  /// Takes text that follows what there is.
  mutating func received(text: UnsafeRawBufferPointer, now: UInt64, stamp: (UInt64) -> Void) -> Arrival {
    if length == 0 { isStamped = text.first == TokenStamp.first }
    if isStamped {
      if !stamps.feed(text, stamp) { return .wrong("the mock provider's tokens came out of order or changed") }
    } else {
      for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    length += UInt64(text.count)
    defer { lastDelta = now }
    switch state {
    case .waiting:
      state = .streaming
      return .first
    case .streaming: return .later(now &- lastDelta)
    case .idle, .finished: return .wrong("a delta came after the end of the answer")
    }
  }

  /// Takes the end. `expected` is how many tokens were asked for, nil if that is not known.
  mutating func finished(_ end: TurnFinished, expectedTokens expected: Int?) -> String? {
    tokens = end.usage?.outputTokens ?? 0
    if end.turnID != turnID { return "an answer ended that nobody had asked for" }
    if end.length != length { return "an answer of \(end.length) bytes ended after \(length)" }
    if end.reason != .complete, end.reason != .length { return "an answer ended with \(end.reason)" }
    if let expected, tokens != UInt64(expected) { return "\(expected) tokens were asked for and \(tokens) came" }
    state = .finished
    return nil
  }

  /// The answer has all of its tokens, where nothing else says that it has ended; true once.
  mutating func finished(ifStamped count: Int) -> Bool {
    guard state == .streaming, stamps.count >= count else { return false }
    tokens = UInt64(stamps.count)
    state = .finished
    return true
  }
}
