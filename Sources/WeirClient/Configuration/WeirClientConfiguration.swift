/// Where a `WeirClient` connects, as whom, and how it behaves when the connection is bad.
public struct WeirClientConfiguration: Sendable {
  /// How frames are written on the wire.
  public enum Format: Sendable, Equatable, CaseIterable {
    /// `weir.v1`: protobuf in binary messages.
    case binary
    /// `weir.v1.json`: proto3 canonical JSON in text messages.
    case json
  }

  /// Whom a TLS connection trusts.
  public enum Trust: Sendable, Equatable {
    /// The certificate authorities of the system.
    case system
    /// The certificates in this PEM file, and no others.
    case file(String)
    /// Anyone: no certificate is checked. For tests only: whoever is in the path can read and change everything.
    case anyone
  }

  /// The server: `ws://`, `wss://`, `http://` or `https://`, or a bare `host:port`.
  public var url: String
  /// A JWT, sent as `Authorization: Bearer` with every connection.
  public var token: String?
  /// Who to be, where the server asks for no token: sent as `?user=`.
  public var user: String?
  /// Whom to trust on `wss://`.
  public var trust: Trust
  /// How frames are written.
  public var format: Format
  /// Whether to offer permessage-deflate (RFC 7692).
  public var offersDeflate: Bool
  /// The waits between attempts to connect again.
  public var backoff: Backoff
  /// Bytes of answer text that may wait in this process for their reader, all answers together: the server sends no
  /// more than it is granted, and text is granted again as `TurnStream`s are read. An answer whose stream is held
  /// but not read keeps its share. 0: no credit is used; past 4 MiB of unread text the socket is read no further.
  public var creditBytes: Int
  /// How long connecting and the opening handshake may take.
  public var connectTimeout: Duration
  /// A connection that has been silent for so long is pinged, and given up when it stays silent for as long again: a
  /// peer whose cable was pulled says nothing, and TCP may not notice for a quarter of an hour.
  public var pingInterval: Duration
  /// A request that is not answered for so long, with a connection or without, fails.
  public var requestTimeout: Duration
  /// Bytes of messages that may wait for their acknowledgement; more are refused.
  public var maximumUnacknowledgedBytes: Int
  /// The largest message the client takes from the server, in bytes.
  public var maximumMessageBytes: Int
  /// The software's name, for the server's logs.
  public var agent: String

  /// Creates a configuration; the default connects to a server with default settings on this machine.
  public init(
    url: String = "ws://127.0.0.1:8080/", token: String? = nil, user: String? = nil, trust: Trust = .system,
    format: Format = .binary, offersDeflate: Bool = true, backoff: Backoff = Backoff(), creditBytes: Int = 256 * 1024,
    connectTimeout: Duration = .seconds(10), pingInterval: Duration = .seconds(15),
    requestTimeout: Duration = .seconds(30), maximumUnacknowledgedBytes: Int = 8 * 1024 * 1024,
    maximumMessageBytes: Int = 16 * 1024 * 1024,
    agent: String = "weir-client/0.1"
  ) {
    self.url = url
    self.token = token
    self.user = user
    self.trust = trust
    self.format = format
    self.offersDeflate = offersDeflate
    self.backoff = backoff
    self.creditBytes = creditBytes
    self.connectTimeout = connectTimeout
    self.pingInterval = pingInterval
    self.requestTimeout = requestTimeout
    self.maximumUnacknowledgedBytes = maximumUnacknowledgedBytes
    self.maximumMessageBytes = maximumMessageBytes
    self.agent = agent
  }
}

extension WeirClientConfiguration: CustomStringConvertible {
  /// Without the token, so that a configuration can be logged.
  public var description: String {
    "WeirClientConfiguration(url: \(url), user: \(user ?? "-"), token: \(token == nil ? "none" : "(not shown)"), "
      + "format: \(format), deflate: \(offersDeflate), credit: \(creditBytes) bytes)"
  }
}

extension WeirClientConfiguration.Format {
  /// The name in `Sec-WebSocket-Protocol`.
  package var subprotocol: String {
    switch self {
    case .binary: "weir.v1"
    case .json: "weir.v1.json"
    }
  }
}
