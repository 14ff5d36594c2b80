import NIOCore

extension WebSocketConnection {
  /// The peer broke a rule.
  func fail(_ violation: ProtocolViolation) {
    perform(handshake.fail(violation))
  }

  func perform(_ action: CloseHandshake.Action) {
    switch action {
    case .nothing: return
    case .send(let code, let reason):
      sendControl(.close, ClosePayload.encode(code, reason))
      flush()
    case .sendAndEnd(let code, let reason):
      sendControl(.close, ClosePayload.encode(code, reason))
      endTransport()
    case .sendAndAwaitEnd(let code, let reason):
      sendControl(.close, ClosePayload.encode(code, reason))
      flush()
      discardInput()
    case .end: endTransport()
    case .awaitEnd: discardInput()
    }
    // The end may have come while it was asked for. Then nothing is waited for, and the wheel must not keep what is over.
    guard channel.isActive else { return }
    let deadline = eventLoop.now + configuration.closeTime
    closeDeadline = min(closeDeadline ?? deadline, deadline)
    loop.wheel.schedule(self, by: deadline)
  }

  /// Drops the TCP connection now. The delegate is told `code`, unless the peer's Close frame came before.
  func drop(_ code: CloseCode, _ reason: String) {
    handshake.drop(code, reason)
    out = nil
    channel.close(promise: nil)
  }

  /// The channel is inactive: tells the delegate, and lets go of everything.
  func transportEnded() {
    loop.wheel.remove(self)
    out = nil
    let report = handshake.transportEnded()
    countIncomplete()
    guard let report else { return }
    let delegate = self.delegate
    self.delegate = nil
    delegate?.webSocketDidClose(self, code: report.code, reason: report.reason)
  }

  /// Ends our direction once everything is sent, and reads on until the peer ends its own or time is up: closing with
  /// unread input would make TCP reset the connection, and the peer might never see our Close frame.
  private func endTransport() {
    flush()
    discardInput()
    guard channel.isActive else { return }
    channel.close(mode: .output, promise: nil)
  }

  private func discardInput() {
    guard !inbound.isReading else { return }
    inbound.isReading = true
    try? channel.syncOptions?.setOption(.autoRead, value: true)
  }
}
