package import WeirWire

/// Names a `TurnStream` within its client.
package typealias StreamID = UInt64

/// One answer that somebody reads, or a message that waits for its acknowledgement.
package struct SessionStream: Sendable {
  /// How far the stream has come to know its turn.
  package enum Stage: Sendable, Equatable {
    /// A message that the server has not acknowledged; sent again with every connection.
    case unacknowledged(SendMessage, requestID: UInt64, attempts: Int)
    /// A frame that must not be repeated asks for a turn, and the reply is not there.
    case asking(requestID: UInt64)
    /// The turn is known.
    case known(turnID: UInt64)
  }

  package let id: StreamID
  package var stage: Stage
  package var track: TurnTrack
  package var conversationID: String
  /// Bytes the message counts against the limit of what waits; 0 once it is acknowledged.
  package var pendingBytes = 0
  /// The last frame that asked for the answer's text; its refusal ends the stream.
  package var askRequestID: UInt64 = 0
  /// The reader has been told that the answer began.
  package var hasStarted = false
  /// The last change of the endpoint that the reader was told of: a new connection may tell of it again.
  package var lastSeam: ChangedEndpoint?
  /// The reader is gone; only a message that is not acknowledged keeps the stream.
  package var isAbandoned = false
  /// A person wants the answer to stop, and it has not ended yet.
  package var wantsStop = false

  package init(id: StreamID, stage: Stage, track: TurnTrack, conversationID: String) {
    self.id = id
    self.stage = stage
    self.track = track
    self.conversationID = conversationID
  }

  package var turnID: UInt64? {
    if case .known(let turnID) = stage { turnID } else { nil }
  }
}
