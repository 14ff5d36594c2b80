import Testing

@testable import WebSocket

@Suite struct CloseHandshakeTests {
  private let bye = ClosePayload(code: .goingAway, reason: "bye")
  private let violation = ProtocolViolation.protocolError("bad")

  @Test("the peer closes: its code is repeated and reported; the server ends TCP, the client waits for that")
  func peerCloses() {
    var server = CloseHandshake(role: .server)
    #expect(server.received(bye) == .sendAndEnd(.goingAway, ""))
    var client = CloseHandshake(role: .client)
    #expect(client.received(bye) == .sendAndAwaitEnd(.goingAway, ""))
    for var side in [server, client] {
      #expect(side.isFinished && !side.isOpen)
      #expect(side.received(bye) == .nothing)
      #expect(side.close(.normal, "") == .nothing)
      #expect(side.transportEnded()?.code == .goingAway)
    }
  }

  @Test("we close: nothing more is sent, the peer's answer finishes it")
  func weClose() {
    var server = CloseHandshake(role: .server)
    #expect(server.close(.serviceRestart, "later") == .send(.serviceRestart, "later"))
    #expect(server.close(.normal, "") == .nothing)
    #expect(!server.isOpen && !server.isFinished)
    #expect(server.received(bye) == .end)
    #expect(server.transportEnded()?.reason == "bye")
    var client = CloseHandshake(role: .client)
    _ = client.close(.normal, "")
    #expect(client.received(bye) == .awaitEnd)
  }

  @Test("a violation sends one Close frame, whatever follows")
  func violations() {
    var open = CloseHandshake(role: .server)
    #expect(open.fail(violation) == .sendAndEnd(.protocolError, "bad"))
    #expect(open.fail(violation) == .nothing)
    #expect(open.received(bye) == .nothing)
    #expect(open.transportEnded()?.code == .protocolError)
    var closing = CloseHandshake(role: .server)
    _ = closing.close(.normal, "")
    #expect(closing.fail(violation) == .end)
  }

  @Test("the end of TCP is reported once, as 1006 if no Close frame came")
  func transport() {
    var open = CloseHandshake(role: .client)
    #expect(open.transportEnded()?.code == .abnormal)
    #expect(open.transportEnded() == nil)
    var dropped = CloseHandshake(role: .server)
    dropped.drop(.tryAgainLater, "slow")
    dropped.drop(.abnormal, "")
    #expect(dropped.transportEnded()?.code == .tryAgainLater)
  }
}
