package import WebSocket
package import WeirWire

/// What the session decided; the client carries it out, in order.
package enum SessionEffect: Sendable {
  /// Send this frame on the connection.
  case send(ClientFrame)
  /// Hand this to the stream's reader. After `.finished` and `.failed` nothing follows.
  case turn(StreamID, TurnEvent)
  /// This request has its answer.
  case reply(UInt64, Result<SessionReply, WeirClientError>)
  /// Tell whoever listens.
  case event(ClientEvent)
  /// Connect after this time.
  case connect(after: Duration)
  /// Close the connection; the session counts it as gone when the client says so.
  case close(CloseCode, reason: String)
  /// Read on from the socket, or stop reading: somebody does not read what has come.
  case setReading(Bool)
}

/// The answer to a request.
package enum SessionReply: Sendable, Equatable {
  case opened(OpenedConversation)
  case conversations(ConversationPage)
  case history(ChatHistoryPage)
  case changed(ChatConversation)
  case deleted
  case usage(PlanUsage)
}

/// How a connection ended, or why there was none.
package struct ConnectionLoss: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// The path failed: no route, reset, silence.
    case network
    /// The server answered the upgrade with this HTTP status.
    case refused(status: Int)
    /// A close frame came, or should have come (1005, 1006), or was sent by this side.
    case closed(code: UInt16)
  }
  package var kind: Kind
  package var error: WeirClientError

  package init(kind: Kind, error: WeirClientError) {
    self.kind = kind
    self.error = error
  }

  /// Whether connecting again as before is pointless: who we are is the trouble, not where or when.
  package var isFinal: Bool {
    switch kind {
    case .network: false
    case .refused(let status): (300..<500).contains(status) && ![408, 425, 429].contains(status)
    case .closed(let code): code == 4401 || code == 4403
    }
  }

  /// Whether something this side had sent is what the server did not like, so that sending it again would only bring
  /// the same end.
  package var blamesSender: Bool {
    switch kind {
    case .closed(let code): [1002, 1003, 1007, 1009, 1010].contains(code)
    case .network, .refused: false
    }
  }
}
