import NIOCore

extension WebSocketConnection {
  /// Takes what one read brought. The frames are found and unmasked first, all of them, and delivered then: a slice that a
  /// delegate keeps is never written to again.
  func received(_ buffer: ByteBuffer) {
    let now = eventLoop.now
    inbound.lastRead = now
    inbound.unanswered = 0
    guard !handshake.isFinished else { return discard(buffer.readableBytes) }
    var spans = loop.takeSpans()
    let violation = InPlaceBytes.change(buffer) { reader.read($0, into: &spans) }
    let completed = deliver(spans, of: buffer, now)
    loop.giveBack(spans)
    if let violation { fail(violation) }
    countIncomplete()
    watchIncomplete(completed: completed, now)
  }

  /// Tells the loop how much is held of a message whose end has not come; nothing once the connection is over.
  func countIncomplete() {
    if handshake.isFinished { assembler.abandon() }
    let held = assembler.heldBytes
    if held == inbound.incompleteBytes { return }
    let more = held - inbound.incompleteBytes
    inbound.incompleteBytes = held
    loop.incompleteBytes += more
    guard more > 0, loop.incompleteBytes > configuration.limits.maximumIncompleteBytesPerLoop else { return }
    fail(ProtocolViolation(code: .tryAgainLater, reason: "no room for more messages that are under way: try again"))
    countIncomplete()
  }

  /// The read is over: everything it caused leaves in one write.
  func receivedAll() {
    if let ping = inbound.deferredPing {
      inbound.deferredPing = nil
      if handshake.isOpen { sendControl(.pong, ping) }
    }
    if handshake.isOpen { delegate?.webSocketReadComplete(self) }
    flush()
  }

  /// Returns whether a message or control frame was completed.
  private func deliver(_ spans: [FrameSpan], of buffer: ByteBuffer, _ now: NIODeadline) -> Bool {
    var completed = false
    do throws(ProtocolViolation) {
      for span in spans {
        if handshake.isFinished { break }
        let start = buffer.readerIndex + span.offset
        guard let bytes = buffer.getSlice(at: start, length: span.count) else { break }
        if span.opcode.isControl {
          try takeControl(span, bytes, now)
        } else if handshake.isOpen {
          try takeData(span, bytes, now)
        }
        // A control frame in the midst of a message does not make that younger.
        let isOver = span.ends && span.fin
        completed = completed || isOver && (!span.opcode.isControl || !assembler.isInsideMessage)
      }
    } catch {
      fail(error)
    }
    return completed
  }

  @inline(__always)
  private func takeData(_ span: FrameSpan, _ bytes: ByteBuffer, _ now: NIODeadline) throws(ProtocolViolation) {
    let isInside = assembler.isInsideMessage
    if span.frameBytes == 0, span.fin, span.begins, !isInside { try countEmpty(now) }
    if span.isPlainMessage, !isInside {
      try MessageAssembler.check(span, bytes, atMost: configuration.limits.maximumMessageBytes)
      delegate?.webSocket(self, didReceive: span.opcode == .text ? .text : .binary, bytes)
    } else if let message = try assembler.take(span, bytes) {
      delegate?.webSocket(self, didReceive: message.kind, message.payload)
    }
  }

  private func countEmpty(_ now: NIODeadline) throws(ProtocolViolation) {
    let limits = configuration.limits
    let spending = inbound.empty.spend(
      at: now, perSecond: limits.emptyMessagesPerSecond, burst: limits.emptyMessageBurst)
    if spending == .exceeded { throw .policy("more than \(limits.emptyMessagesPerSecond) empty messages a second") }
  }

  private func takeControl(_ span: FrameSpan, _ bytes: ByteBuffer, _ now: NIODeadline) throws(ProtocolViolation) {
    var payload = bytes
    if !(span.begins && span.ends) {
      if span.begins { controlPayload.clear() }
      controlPayload.writeImmutableBuffer(bytes)
      guard span.ends else { return }
      payload = controlPayload
      controlPayload = ByteBuffer()
    }
    let limits = configuration.limits
    let spending = inbound.control.spend(
      at: now, perSecond: limits.controlFramesPerSecond, burst: limits.controlFrameBurst)
    if spending == .exceeded { throw .policy("more than \(limits.controlFramesPerSecond) control frames a second") }
    switch span.opcode {
    case .close: perform(handshake.received(try ClosePayload.parse(payload)))
    case .ping: answer(payload, spending)
    default: if handshake.isOpen { delegate?.webSocketDidPong(self, payload) }
    }
  }

  /// Each ping gets its pong; in a flood only the newest of a read does, as RFC 6455 §5.5.3 allows.
  private func answer(_ ping: ByteBuffer, _ spending: RateBudget.Spending) {
    guard handshake.isOpen else { return }
    if spending == .ample {
      sendControl(.pong, ping)
    } else {
      inbound.deferredPing = ping
    }
  }

  private func watchIncomplete(completed: Bool, _ now: NIODeadline) {
    guard reader.isInsideFrame || assembler.isInsideMessage, handshake.isOpen else {
      inbound.incompleteSince = nil
      return
    }
    guard completed || inbound.incompleteSince == nil else { return }
    inbound.incompleteSince = now
    loop.wheel.schedule(self, by: now + configuration.limits.incompleteMessageTime)
  }

  /// Reads on after the end, so that our Close frame is not lost to a TCP reset, but not for ever.
  private func discard(_ count: Int) {
    inbound.discardedBytes += count
    if inbound.discardedBytes > configuration.limits.maximumMessageBytes { drop(.abnormal, "") }
  }
}
