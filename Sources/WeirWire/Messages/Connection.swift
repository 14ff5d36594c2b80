/// Introduces a device. Everything is optional.
public struct Hello: WireJSONMessage, Hashable {
  /// The highest protocol version the device speaks; 0 means 1.
  public var version: UInt32
  /// A name of the software, for logs: "weir-chat/0.1".
  public var agent: String
  /// Bytes of answer text the device can take before it grants more; 0: as much as the socket takes.
  public var credit: UInt64
  /// Answers to go on with, each from an offset: one round trip brings a device back after a lost connection.
  public var resume: [SubscribeTurn]
  /// Conversations to follow: their new messages and answers are sent to this device.
  public var follow: [String]

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    version: UInt32 = 0, agent: String = "", credit: UInt64 = 0, resume: [SubscribeTurn] = [], follow: [String] = []
  ) {
    self.version = version
    self.agent = agent
    self.credit = credit
    self.resume = resume
    self.follow = follow
  }
}

/// The reply to Hello.
public struct Welcome: WireJSONMessage, Hashable {
  /// The protocol version both will speak.
  public var version: UInt32
  /// The server software: "weir/0.1.0".
  public var server: String
  /// Who the server takes the device for.
  public var user: String
  /// What this server can do, as short words ("continue", "regenerate"); unknown words are ignored.
  public var capabilities: [String]
  /// The server's clock: milliseconds since 1970-01-01 UTC.
  public var serverTimeMs: UInt64
  /// The largest frame the server takes, in bytes.
  public var maxMessageBytes: UInt64
  /// The server pings an idle connection after so many milliseconds.
  public var idlePingMs: UInt32
  /// The models that can be asked for; the first is the default.
  public var models: [String]
  /// Where the turns named in `Hello.resume` stand; their text follows.
  public var resumed: [TurnStatus]
  /// The name of the plan whose limits hold for the user; empty: none do.
  public var plan: String
  /// The lanes the token allows, best first.
  public var lanes: [String]

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(
    version: UInt32 = 0, server: String = "", user: String = "", capabilities: [String] = [], serverTimeMs: UInt64 = 0,
    maxMessageBytes: UInt64 = 0, idlePingMs: UInt32 = 0, models: [String] = [], resumed: [TurnStatus] = [],
    plan: String = "", lanes: [String] = []
  ) {
    self.version = version
    self.server = server
    self.user = user
    self.capabilities = capabilities
    self.serverTimeMs = serverTimeMs
    self.maxMessageBytes = maxMessageBytes
    self.idlePingMs = idlePingMs
    self.models = models
    self.resumed = resumed
    self.plan = plan
    self.lanes = lanes
  }
}

/// Allows more bytes of answer text, in all turns together.
public struct GrantCredit: WireJSONMessage, Hashable {
  /// So many more.
  public var bytes: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(bytes: UInt64 = 0) {
    self.bytes = bytes
  }
}

/// Asks for a Pong; tells that the path works and how long it takes.
public struct Ping: WireJSONMessage, Hashable {
  /// Comes back unchanged.
  public var nonce: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(nonce: UInt64 = 0) {
    self.nonce = nonce
  }
}

/// The reply to Ping.
public struct Pong: WireJSONMessage, Hashable {
  /// As it came.
  public var nonce: UInt64

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(nonce: UInt64 = 0) {
    self.nonce = nonce
  }
}

/// The server is about to close the connection.
public struct Goodbye: WireJSONMessage, Hashable {
  /// Why.
  public var code: ErrorCode
  /// The same for people.
  public var message: String
  /// Connect again after so many milliseconds (already jittered).
  public var reconnectAfterMs: UInt32

  /// Creates the message. What is left out keeps its default, and is then not sent.
  public init(code: ErrorCode = .unspecified, message: String = "", reconnectAfterMs: UInt32 = 0) {
    self.code = code
    self.message = message
    self.reconnectAfterMs = reconnectAfterMs
  }
}
