/// Something that happened outside the turns this client reads: on the connection, or by the user's other devices.
public enum ClientEvent: Sendable, Equatable {
  /// The connection stands. `isReconnect` is false for the first one.
  case connected(ServerInfo, isReconnect: Bool)
  /// The connection is lost; the next attempt comes after `retryAfter`.
  case disconnected(WeirClientError, retryAfter: Duration)
  /// The client has given up and will not connect again. Last event.
  case stopped(WeirClientError)
  /// The server is about to close the connection; the client comes back by itself.
  case goodbye(String)
  /// The server refused something that no request or stream of this client waits for.
  case refused(WeirClientError)
  /// A message was added, by this device or another, to a conversation that this one follows.
  case messageAdded(conversationID: String, ChatMessage, revision: UInt64)
  /// A conversation was made, renamed or has moved on.
  case conversationChanged(ChatConversation)
  /// A conversation was deleted.
  case conversationDeleted(String)
  /// An answer begins that no stream of this client reads; `WeirClient.follow(turn:)` reads it.
  case turnStarted(StartedTurn)
  /// So many events were dropped, because their reader was too slow; read the conversations again.
  case missed(Int)
}

/// What a server says of itself.
public struct ServerInfo: Sendable, Equatable {
  /// The protocol version both speak.
  public var version: Int
  /// The server software.
  public var server: String
  /// Who the server takes the user for.
  public var user: String
  /// What the server can do.
  public var capabilities: [String]
  /// The models that can be asked for; the first is the default.
  public var models: [String]
  /// The largest frame the server takes, in bytes; 0: it has not said.
  public var maximumMessageBytes: UInt64
  /// The name of the plan whose limits hold for the user; empty: none do. `WeirClient.usage()` has them.
  public var plan = ""
  /// The lanes the token allows, best first.
  public var lanes: [String] = []
}

/// What the server does with a message for a conversation whose answer is still running.
public enum ConflictChoice: String, Sendable, Equatable, CaseIterable {
  /// Answer it after the running answer has ended.
  case queue
  /// Stop the running answer, keep its text, then answer this one.
  case interrupt
  /// Refuse it with `.turnRunning`.
  case reject
}
