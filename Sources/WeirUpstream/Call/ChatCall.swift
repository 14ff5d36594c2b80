internal import WeirCore
internal import WeirWire

/// The life of one call to a provider over HTTP, from the request that is on its way to the last word: bytes, ends and
/// time in, parts and actions out. No I/O, no clock. After an action that ends it, it takes and gives nothing but `.cut`.
struct ChatCall: Sendable {
  /// How the transfer ended.
  enum TransferEnd: Sendable, Equatable {
    /// The provider ended its response.
    case complete
    /// It broke off, for the reason that this error gives if nothing had come.
    case broken(ProviderFailure)
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

  private let dialect: Dialect
  private let timeouts: CallTimeouts
  private let maximumAnswerBytes: Int
  private let maximumEventBytes: Int
  private let refusal: ProviderRefusal
  private let failure: CallFailure
  private var deadlines: CallDeadlines
  private var body = Body.undecided
  private var parser: EventStreamParser
  private var answer: AnswerState
  /// Used with Anthropic's dialect.
  private var messages = MessagesReader()
  private var isOver = false
  /// There is a `refusedHead`; asked for with each piece, which should not touch all of it.
  private var isRefused = false
  /// The head of a response that is no success; others are not kept, since pieces of them are many.
  private var refusedHead: ResponseHead?

  /// `key` is the one that is sent, so that nothing repeats it. `repeated` is what `ProviderRequest` says.
  init(
    endpoint: EndpointConfiguration, dialect: Dialect = .chatCompletions, key: UpstreamKey? = nil,
    hidesReasoning: Bool = false, callID: CallID = 0, repeated: [UInt8] = [], now: MonotonicTime
  ) {
    self.dialect = dialect
    timeouts = endpoint.timeouts
    maximumAnswerBytes = endpoint.maximumAnswerBytes
    maximumEventBytes = endpoint.maximumEventBytes
    refusal = ProviderRefusal(endpoint: endpoint.name, key: key?.value ?? "")
    failure = CallFailure(endpoint: endpoint.name)
    deadlines = CallDeadlines(endpoint.timeouts, now: now)
    parser = EventStreamParser(maximumEventBytes: endpoint.maximumEventBytes)
    let parts = AnswerParts(
      maximumBytes: endpoint.maximumAnswerBytes, hidesReasoning: hidesReasoning, callID: callID, repeated: repeated)
    answer = AnswerState(parts: parts)
  }

  /// Bytes of all parts so far.
  var answerBytes: Int { answer.parts.bytes }
  /// Chunks with text so far; about as many as tokens.
  var deltas: Int { answer.deltas }
  /// Whether the model gave anything that its user was told: then no other call can take this one's place unseen.
  var hasBegun: Bool { answer.parts.hasBegun }

  /// When `timerFired` wants to be called.
  var deadline: MonotonicTime { deadlines.next }

  /// Whether reading is suspended for want of memory.
  mutating func setPaused(_ isPaused: Bool, now: MonotonicTime) { deadlines.setPaused(isPaused, now: now) }

  /// A piece of the response's body has come. Its parts are added to `output`, whole characters only. `head` is needed
  /// with the first piece, and may be nil with those behind it.
  mutating func received(
    _ bytes: Span<UInt8>, head: ResponseHead?, now: MonotonicTime, output: inout AnswerOutput
  ) -> CallAction {
    if isOver { return .none }
    if let head, !head.isSuccess {
      refusedHead = head
      isRefused = true
    }
    if isRefused, let refusedHead { return refused(bytes, refusedHead) }
    var bytes = bytes
    if case .undecided = body {
      // White space before the first word is no part of it, whether it comes alone or not.
      bytes = bytes.extracting(Self.firstVisible(bytes)...)
      guard bytes.count > 0 else { return .none }
      switch bytes[0] {
      case UInt8(ascii: "{"): body = .whole([])
      case UInt8(ascii: "<"): return fail(failure.webPage, .abort)
      default: body = .events
      }
    }
    if case .whole(var whole) = body {
      // Let go of, so that it grows in place.
      body = .undecided
      let isRoom = whole.count + bytes.count <= maximumAnswerBytes + 65_536
      if isRoom { bytes.withUnsafeBufferPointer { whole.append(contentsOf: $0) } }
      body = .whole(whole)
      return isRoom ? .none : fail(failure.tooLargeEvent(bytes: whole.count), .abort)
    }
    return events(bytes, now, &output)
  }

  /// The transfer is over, so what the action says of it has happened. `head` is nil if no response had begun.
  mutating func transferEnded(
    _ end: TransferEnd, head: ResponseHead?, now: MonotonicTime, output: inout AnswerOutput
  ) -> CallAction {
    if isOver { return .none }
    if let head = head ?? refusedHead, !head.isSuccess { return refusedWhole(head, .over) }
    switch body {
    case .events:
      // Half an event at the end is a cut, not nonsense: what cannot be read is left out.
      if parser.finish() == .assembledEvent, let action = try? takeAssembled(now, &output), action != .none {
        return action
      }
    case .whole(let whole):
      let action = try? take(whole.span, now, &output)
      if let action, action != .none { return action }
      if end == .complete { return action == nil ? fail(failure.notUnderstood, .over) : finish(.over, &output) }
    case .undecided, .refusal: break
    }
    return answer.finishReason == nil ? brokenOff(end) : finish(.over, &output)
  }

  /// Time has passed.
  mutating func timerFired(now: MonotonicTime, output: inout AnswerOutput) -> CallAction {
    guard let limit = deadlines.passed(now: now) else { return .none }
    if isOver { return .cut }
    if let refusedHead { return refusedWhole(refusedHead, .abort) }
    // The model had said that it was done; only the stream's end is missing.
    if answer.finishReason != nil { return finish(.abort, &output) }
    return fail(failure.tooSlow(limit, timeouts), .abort)
  }
}

// Reading.
extension ChatCall {
  /// The place of the first byte that is no white space. By it the kind of body is told, since servers label streams in
  /// all ways.
  private static func firstVisible(_ bytes: Span<UInt8>) -> Int {
    var index = 0
    while index < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[index]) { index += 1 }
    return index
  }

  private mutating func events(_ bytes: Span<UInt8>, _ now: MonotonicTime, _ output: inout AnswerOutput) -> CallAction {
    var index = 0
    while true {
      let action: CallAction
      do throws(MalformedJSON) {
        switch parser.next(in: bytes, at: &index) {
        case .needsMore: return .none
        case .tooLong: return fail(failure.tooLargeEvent(bytes: maximumEventBytes), .abort)
        case .event(let range): action = try take(bytes.extracting(range), now, &output)
        case .assembledEvent: action = try takeAssembled(now, &output)
        }
      } catch {
        return fail(failure.notUnderstood, .abort)
      }
      // Not by ==, which would look into what an end says.
      guard case .none = action else { return action }
    }
  }

  private static let done = Array("[DONE]".utf8)

  private mutating func takeAssembled(_ now: MonotonicTime, _ output: inout AnswerOutput) throws(MalformedJSON)
    -> CallAction
  {
    let data = parser.takeAssembled()
    let action = try take(data.span, now, &output)
    parser.reuse(data)
    return action
  }

  /// Takes the data of one event, or a whole answer.
  private mutating func take(
    _ data: Span<UInt8>, _ now: MonotonicTime, _ output: inout AnswerOutput
  ) throws(MalformedJSON) -> CallAction {
    if Self.isBlank(data) { return .none }
    if Self.isDone(data) {
      deadlines.draining(now: now)
      return finish(.drain, &output)
    }
    let wasDone = answer.finishReason != nil
    let effect: EventEffect
    switch dialect {
    case .chatCompletions: effect = try ChatChunk.take(data, into: &answer, &output)
    case .messages: effect = try messages.take(data, into: &answer, &output)
    case .responses: effect = try ResponsesReader.take(data, into: &answer, &output)
    }
    if answer.parts.isFull {
      isOver = true
      return .finish(.length, answer.usage, .abort)
    }
    switch effect {
    case .nothing: break
    case .progress: deadlines.progressed(now: now)
    case .failed(let complaint): return fail(refusal.failure(complaint), .abort)
    case .ended:
      deadlines.draining(now: now)
      return finish(.drain, &output)
    }
    if !wasDone, answer.finishReason != nil { deadlines.closing(now: now) }
    return .none
  }

  private static func isBlank(_ data: Span<UInt8>) -> Bool {
    for index in 0..<data.count where data[index] > 0x20 { return false }
    return true
  }

  private static func isDone(_ data: Span<UInt8>) -> Bool {
    // Trailing white space comes from servers that write the line by hand.
    guard data.count < 16, data.count >= done.count else { return false }
    for index in 0..<data.count {
      if index < done.count ? data[index] != done[index] : data[index] > 0x20 { return false }
    }
    return true
  }
}

// Ending.
extension ChatCall {
  private mutating func finish(_ transfer: CallAction.Transfer, _ output: inout AnswerOutput) -> CallAction {
    isOver = true
    answer.parts.finish(to: &output)
    return .finish(answer.reason, answer.usage, transfer)
  }

  private mutating func fail(_ failure: ProviderFailure, _ transfer: CallAction.Transfer) -> CallAction {
    isOver = true
    return .fail(failure, transfer)
  }

  /// Keeps the beginning of an error's body; the connection of a server that goes on for longer is not worth keeping.
  private mutating func refused(_ bytes: Span<UInt8>, _ head: ResponseHead) -> CallAction {
    var kept: [UInt8] = []
    if case .refusal(let earlier) = body { kept = earlier }
    let room = ErrorText.maximumBodyBytes - kept.count
    bytes.extracting(first: min(room, bytes.count)).withUnsafeBufferPointer { kept.append(contentsOf: $0) }
    body = .refusal(kept)
    guard bytes.count > room else { return .none }
    return refusedWhole(head, .abort)
  }

  private mutating func refusedWhole(_ head: ResponseHead, _ transfer: CallAction.Transfer) -> CallAction {
    var kept: [UInt8] = []
    if case .refusal(let body) = body { kept = body }
    return fail(refusal.failure(head: head, body: kept), transfer)
  }

  private mutating func brokenOff(_ end: TransferEnd) -> CallAction {
    if hasBegun { return fail(failure.brokeOff, .over) }
    switch end {
    case .complete: return fail(failure.saidNothing, .over)
    case .broken(let why): return fail(why, .over)
    }
  }
}
