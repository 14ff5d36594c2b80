internal import NIOCore
internal import WebSocket
internal import WeirWire

// One connection of the client: what its loop and its delegate report.
extension WeirClient {
  /// Begins an attempt to connect.
  func connectNow() {
    session.attempting()
    attempt += 1
    let attempt = attempt
    transport.connect(on: loop) { [weak self] in Link(client: self, attempt: attempt) }
      .whenComplete { [weak self] result in
        guard let self else {
          if case .success(let connection) = result { connection.value.close(code: .goingAway) }
          return
        }
        self.assumeIsolated { $0.connectionAttempted(attempt, result) }
      }
  }

  private func connectionAttempted(_ attempt: UInt64, _ result: Result<NIOLoopBound<WebSocketConnection>, any Error>) {
    switch result {
    case .success(let connection):
      if attempt == self.attempt, session.phase == .connecting {
        self.connection = connection
      } else {
        // Closed, or given up, while this one was made.
        connection.value.close(code: .normal)
      }
    case .failure(let error):
      guard attempt == self.attempt else { return }
      let known = error as? WebSocketClientError
      lost(ConnectionLoss(known ?? .closedEarly(String(describing: error))))
    }
  }

  func connectionOpened(_ attempt: UInt64) {
    guard attempt == self.attempt, let connection else { return }
    guard connection.value.subprotocol == configuration.format.subprotocol else {
      let error = WeirClientError(
        code: .protocolViolation,
        message: "The server at \(endpoint.url) does not speak \(configuration.format.subprotocol); "
          + "is it a Weir server?")
      connection.value.close(code: .normal)
      lost(ConnectionLoss(kind: .network, error: error))
      return
    }
    session.opened(now: now)
    perform()
    loop.scheduleTask(in: configuration.requestTimeout.timeAmount) { [weak self] in
      self?.assumeIsolated { $0.checkWelcome(attempt) }
    }
  }

  /// A server may be there, answer pings, and never say Welcome.
  private func checkWelcome(_ attempt: UInt64) {
    guard attempt == self.attempt, session.phase == .greeting, let connection else { return }
    let seconds = Int(configuration.requestTimeout.inSeconds.rounded(.up))
    let error = WeirClientError(
      code: .timeout, message: "The server took the connection and has not said hello for \(seconds) s.",
      isRetryable: true)
    connection.value.close(code: .normal)
    lost(ConnectionLoss(kind: .network, error: error))
  }

  func connectionReceived(_ attempt: UInt64, _ kind: MessageKind, _ payload: ByteBuffer) {
    guard attempt == self.attempt, let connection else { return }
    do throws(WeirClientError) {
      session.received(try codec.decode(kind, payload), now: now)
      carryOut()
    } catch {
      connection.value.close(code: kind == .text ? .unsupportedData : .invalidPayload, reason: error.code.rawValue)
      lost(ConnectionLoss(kind: .network, error: error))
    }
  }

  /// What the messages of one read made this side say leaves in one write; the connection flushes right after.
  func connectionReadComplete(_ attempt: UInt64) {
    guard attempt == self.attempt else { return }
    carryOut()
  }

  func connectionClosed(_ attempt: UInt64, _ code: CloseCode, _ reason: String) {
    guard attempt == self.attempt, connection != nil else { return }
    lost(ConnectionLoss(code: code, reason: reason))
  }

  /// The current connection counts no more, whatever it still says.
  private func lost(_ loss: ConnectionLoss) {
    connection = nil
    attempt += 1
    session.lost(loss, now: now, random: &random)
    perform()
  }
}
