internal import WeirCore
internal import WeirWire

/// The life of one chat completion over HTTP, from the request that is on its way to the last word: bytes, ends and time
/// in, text and actions out. No I/O, no clock. After an action that ends it, it takes and gives nothing but `.cut`.
struct ChatCall: Sendable {
  /// How the transfer ended.
  enum TransferEnd: Sendable, Equatable {
    /// The provider ended its response.
    case complete
    /// It broke off, for the reason that this error gives if nothing had come.
    case broken(WeirError)
  }

  private enum Body {
    /// Nothing but white space has come.
    case undecided
    case events
    /// The provider answers in one piece, or says what is wrong.
    case whole([UInt8])
    /// The beginning of the body of an HTTP error.
    case refusal([UInt8])
  }

  private let endpoint: EndpointConfiguration
  private let refusal: ProviderRefusal
  private let failure: CallFailure
  private var deadlines: CallDeadlines
  private var body = Body.undecided
  private var parser: EventStreamParser
  private var repair = TextRepair()
  private var finishReason: FinishReason?
  private var usage: Usage?
  private var isOver = false
  private var head: ResponseHead?
  /// Text given so far, in bytes.
  private(set) var answerBytes = 0
  /// Chunks with text so far; about as many as tokens.
  private(set) var deltas = 0

  init(endpoint: EndpointConfiguration, now: MonotonicTime) {
    self.endpoint = endpoint
    var key = ""
    if case .openAI(_, let secret?) = endpoint.kind { key = secret.value }
    refusal = ProviderRefusal(model: endpoint.name, key: key)
    failure = CallFailure(model: endpoint.name)
    deadlines = CallDeadlines(endpoint.timeouts, now: now)
    parser = EventStreamParser(maximumEventBytes: endpoint.maximumEventBytes)
  }

  /// When `timerFired` wants to be called.
  var deadline: MonotonicTime { deadlines.next }

  /// Whether reading is suspended for want of memory.
  mutating func setPaused(_ isPaused: Bool, now: MonotonicTime) { deadlines.setPaused(isPaused, now: now) }

  /// A piece of the response's body has come. Text is added to `text`, whole characters only.
  mutating func received(
    _ bytes: Span<UInt8>, head: ResponseHead, now: MonotonicTime, text: inout [UInt8]
  ) -> CallAction {
    if isOver { return .none }
    self.head = head
    guard head.isSuccess else { return refused(bytes) }
    if case .undecided = body {
      switch Self.kind(of: bytes) {
      case .events: body = .events
      case .whole: body = .whole([])
      case .webPage: return fail(failure.webPage, .abort)
      case .unclear: return .none
      }
    }
    if case .whole(var whole) = body {
      // Let go of, so that it grows in place.
      body = .undecided
      let isRoom = whole.count + bytes.count <= endpoint.maximumAnswerBytes + 65_536
      if isRoom { bytes.withUnsafeBufferPointer { whole.append(contentsOf: $0) } }
      body = .whole(whole)
      return isRoom ? .none : fail(failure.tooLargeEvent(bytes: whole.count), .abort)
    }
    return events(bytes, now, &text)
  }

  /// The transfer is over, so what the action says of it has happened. `head` is nil if no response had begun.
  mutating func transferEnded(
    _ end: TransferEnd, head: ResponseHead?, now: MonotonicTime, text: inout [UInt8]
  ) -> CallAction {
    if isOver { return .none }
    if let head { self.head = head }
    if let head = self.head, !head.isSuccess { return refusedWhole(head, .over) }
    switch body {
    case .events:
      // Half an event at the end is a cut, not nonsense: what cannot be read is left out.
      if parser.finish() == .assembledEvent, let action = try? takeAssembled(now, &text), action != .none {
        return action
      }
    case .whole(let whole):
      let action = try? take(whole.span, now, &text)
      if let action, action != .none { return action }
      if end == .complete { return action == nil ? fail(failure.notUnderstood, .over) : finish(.over, &text) }
    case .undecided, .refusal: break
    }
    return finishReason == nil ? brokenOff(end) : finish(.over, &text)
  }

  /// Time has passed.
  mutating func timerFired(now: MonotonicTime, text: inout [UInt8]) -> CallAction {
    guard let limit = deadlines.passed(now: now) else { return .none }
    if isOver { return .cut }
    if let head, !head.isSuccess { return refusedWhole(head, .abort) }
    // The model had said that it was done; only the stream's end is missing.
    if finishReason != nil { return finish(.abort, &text) }
    return fail(failure.tooSlow(limit, endpoint.timeouts), .abort)
  }
}

// Reading.
extension ChatCall {
  private enum Kind { case unclear, events, whole, webPage }

  /// By the first visible byte, since servers label streams in all ways.
  private static func kind(of bytes: Span<UInt8>) -> Kind {
    for index in 0..<bytes.count {
      switch bytes[index] {
      case 0x20, 0x0A, 0x0D, 0x09: continue
      case UInt8(ascii: "{"): return .whole
      case UInt8(ascii: "<"): return .webPage
      default: return .events
      }
    }
    return .unclear
  }

  private mutating func events(_ bytes: Span<UInt8>, _ now: MonotonicTime, _ text: inout [UInt8]) -> CallAction {
    var index = 0
    while true {
      let action: CallAction
      do throws(MalformedJSON) {
        switch parser.next(in: bytes, at: &index) {
        case .needsMore: return .none
        case .tooLong: return fail(failure.tooLargeEvent(bytes: endpoint.maximumEventBytes), .abort)
        case .event(let range): action = try take(bytes.extracting(range), now, &text)
        case .assembledEvent: action = try takeAssembled(now, &text)
        }
      } catch {
        return fail(failure.notUnderstood, .abort)
      }
      if action != .none { return action }
    }
  }

  private static let done = Array("[DONE]".utf8)

  private mutating func takeAssembled(_ now: MonotonicTime, _ text: inout [UInt8]) throws(MalformedJSON) -> CallAction {
    let data = parser.takeAssembled()
    let action = try take(data.span, now, &text)
    parser.reuse(data)
    return action
  }

  /// Takes the data of one event, or a whole answer.
  private mutating func take(
    _ data: Span<UInt8>, _ now: MonotonicTime, _ text: inout [UInt8]
  ) throws(MalformedJSON) -> CallAction {
    if Self.isBlank(data) { return .none }
    if Self.isDone(data) {
      deadlines.draining(now: now)
      return finish(.drain, &text)
    }
    let chunk = try ChatChunk.scan(data)
    if let complaint = chunk.complaint { return fail(refusal.error(complaint), .abort) }
    if let usage = chunk.usage { self.usage = usage }
    if chunk.isProgress { deadlines.progressed(now: now) }
    if let content = chunk.content, !content.range.isEmpty {
      deltas += 1
      let before = text.count
      repair.append(content, in: data, to: &text)
      if isTooLong(&text, from: before) {
        isOver = true
        return .finish(.length, usage, .abort)
      }
    }
    if let reason = chunk.finishReason {
      finishReason = reason
      deadlines.closing(now: now)
    }
    return .none
  }

  private static func isBlank(_ data: Span<UInt8>) -> Bool {
    for index in 0..<data.count where data[index] > 0x20 { return false }
    return true
  }

  private static func isDone(_ data: Span<UInt8>) -> Bool {
    // Trailing white space comes from servers that write the line by hand.
    guard data.count >= done.count, data.count < 16 else { return false }
    for index in 0..<data.count {
      if index < done.count ? data[index] != done[index] : data[index] > 0x20 { return false }
    }
    return true
  }

  /// Counts what was added; cuts it, and says so, if the answer has become too long.
  private mutating func isTooLong(_ text: inout [UInt8], from start: Int) -> Bool {
    let room = endpoint.maximumAnswerBytes - answerBytes
    let added = text.count - start
    if added <= room {
      answerBytes += added
      return false
    }
    let end = UTF8Cut.end(in: text, from: start, limit: start + room)
    text.removeLast(text.count - end)
    answerBytes += end - start
    return true
  }
}

// Ending.
extension ChatCall {
  private mutating func finish(_ transfer: CallAction.Transfer, _ text: inout [UInt8]) -> CallAction {
    isOver = true
    let before = text.count
    repair.finish(to: &text)
    answerBytes += text.count - before
    return .finish(finishReason ?? .complete, usage, transfer)
  }

  private mutating func fail(_ error: WeirError, _ transfer: CallAction.Transfer) -> CallAction {
    isOver = true
    return .fail(error, transfer)
  }

  /// Keeps the beginning of an error's body; the connection of a server that goes on for longer is not worth keeping.
  private mutating func refused(_ bytes: Span<UInt8>) -> CallAction {
    var kept: [UInt8] = []
    if case .refusal(let earlier) = body { kept = earlier }
    let room = ErrorText.maximumBodyBytes - kept.count
    bytes.extracting(first: min(room, bytes.count)).withUnsafeBufferPointer { kept.append(contentsOf: $0) }
    body = .refusal(kept)
    guard bytes.count > room, let head else { return .none }
    return refusedWhole(head, .abort)
  }

  private mutating func refusedWhole(_ head: ResponseHead, _ transfer: CallAction.Transfer) -> CallAction {
    var kept: [UInt8] = []
    if case .refusal(let body) = body { kept = body }
    return fail(refusal.error(head: head, body: kept), transfer)
  }

  private mutating func brokenOff(_ end: TransferEnd) -> CallAction {
    if answerBytes > 0 { return fail(failure.brokeOff, .over) }
    switch end {
    case .complete: return fail(failure.saidNothing, .over)
    case .broken(let error): return fail(error, .over)
    }
  }
}
