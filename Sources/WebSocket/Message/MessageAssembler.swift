import NIOCore

/// Joins data frames into messages and judges their sequence (RFC 6455 §5.4), sizes, text and compression. A value without
/// I/O. Holds nothing between messages but, if context takeover was agreed, the inflater's window.
struct MessageAssembler {
  struct Message {
    let kind: MessageKind
    let payload: ByteBuffer
  }

  private struct Partial {
    let kind: MessageKind
    let compressed: Bool
    var fragments = 0
    /// Payload bytes as they came, before inflating.
    var wireBytes = 0
    /// Part of `payload` that is known to be UTF-8.
    var validatedBytes = 0
    var text = UTF8Validator()
    var payload = ByteBuffer()
  }

  private let limits: MessageLimits
  private var partial: Partial?
  private var inflation: MessageInflation?

  /// `inflation` is nil where permessage-deflate was not agreed.
  init(_ limits: MessageLimits, inflation: MessageInflation?) {
    self.limits = limits
    self.inflation = inflation
  }

  /// A message has begun and its end has not arrived.
  var isInsideMessage: Bool { partial != nil }

  /// Checks a frame that is a whole message by itself (``FrameSpan/isPlainMessage``) and came inside no other, so that it
  /// can be passed on as a slice of the read buffer. Static, so that nothing of an assembler is copied for it.
  @inline(__always)
  static func check(_ span: FrameSpan, _ payload: ByteBuffer, atMost maximum: Int) throws(ProtocolViolation) {
    guard span.count <= maximum else { throw tooBig(maximum) }
    if span.opcode == .text, !payload.withUnsafeReadableBytes({ UTF8Validator.isValid($0) }) { throw notText }
  }

  /// What is held of it, in bytes of payload.
  var heldBytes: Int { partial?.payload.readableBytes ?? 0 }

  /// Lets go of a message that will not come to its end.
  mutating func abandon() { partial = nil }

  /// Takes one piece of a data frame, whose bytes are the readable bytes of `bytes`; returns the message it completes.
  mutating func take(_ span: FrameSpan, _ bytes: ByteBuffer) throws(ProtocolViolation) -> Message? {
    if span.begins { try begin(span) }
    guard var message = partial else { throw Self.orphan }
    partial = nil  // Sole owner, so that the payload grows in place.
    message.wireBytes += span.count
    try append(bytes, to: &message)
    guard span.ends, span.fin else {
      try checkText(&message)
      partial = message
      return nil
    }
    if message.compressed { try finishInflating(&message) }
    try checkText(&message)
    guard message.text.isComplete else { throw Self.notText }
    return Message(kind: message.kind, payload: message.payload)
  }

  /// Lets go of what only speed would keep. Called when the connection has been quiet for a while.
  mutating func becomeIdle() {
    inflation?.becomeIdle()
  }

  private mutating func begin(_ span: FrameSpan) throws(ProtocolViolation) {
    switch (span.opcode, partial) {
    case (.continuation, .some): break
    case (.continuation, .none): throw Self.orphan
    case (_, .some): throw Self.interleaved
    case (_, .none):
      partial = Partial(kind: span.opcode == .text ? .text : .binary, compressed: span.compressed)
      if span.compressed { inflation?.begin() }
    }
    guard let message = partial else { return }
    partial?.fragments += 1
    let earned = limits.bytesPerFurtherFragment.map { message.wireBytes / max(1, $0) } ?? 0
    guard message.fragments < limits.maximumFragments + earned else {
      throw .policy("a message may come in \(limits.maximumFragments) fragments")
    }
    if !message.compressed, message.payload.readableBytes + span.frameBytes > limits.maximumMessageBytes {
      throw tooBig
    }
  }

  private mutating func append(_ bytes: ByteBuffer, to message: inout Partial) throws(ProtocolViolation) {
    guard bytes.readableBytes > 0 else { return }
    guard message.compressed else {
      message.payload.writeImmutableBuffer(bytes)
      return
    }
    guard let inflation else { throw .protocolError("RSV1 is set but compression was not agreed") }
    let input = bytes
    let outcome = input.withUnsafeReadableBytes { inflation.inflate($0, into: &message.payload, limit: limits) }
    try check(outcome)
  }

  private func finishInflating(_ message: inout Partial) throws(ProtocolViolation) {
    guard let inflation else { return }
    try check(inflation.finish(into: &message.payload, limit: limits))
  }

  private func check(_ outcome: InflateOutcome) throws(ProtocolViolation) {
    switch outcome {
    case .done: return
    case .tooBig: throw tooBig
    case .invalid: throw .invalidPayload("the compressed data does not inflate")
    case .outOfMemory: throw ProtocolViolation(code: .internalError, reason: "no memory to inflate with")
    }
  }

  private func checkText(_ message: inout Partial) throws(ProtocolViolation) {
    guard message.kind == .text else { return }
    let from = message.validatedBytes
    message.validatedBytes = message.payload.readableBytes
    let payload = message.payload
    let valid = payload.withUnsafeReadableBytes { message.text.consume(.init(rebasing: $0[from...])) }
    guard valid else { throw Self.notText }
  }

  private var tooBig: ProtocolViolation { Self.tooBig(limits.maximumMessageBytes) }

  @inline(never)
  private static func tooBig(_ maximum: Int) -> ProtocolViolation { .tooBig("a message may hold \(maximum) bytes") }
  private static let orphan = ProtocolViolation.protocolError("a continuation frame without a message to continue")
  private static let interleaved = ProtocolViolation.protocolError("a new message inside a fragmented one")
  private static let notText = ProtocolViolation.invalidPayload("a text message that is not UTF-8")
}
