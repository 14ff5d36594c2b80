import NIOCore

/// Where an accepted connection comes from, where that is known better than by its socket: from a proxy's word.
public struct ConnectionOrigin: Sendable {
  /// The client's address.
  public var remoteAddress: SocketAddress?
  /// Anything that belongs to the connection; it goes with it to whatever loop it moves to, in its `UpgradeRequest`.
  public var attachment: (any Sendable)?

  /// Makes an origin.
  public init(remoteAddress: SocketAddress? = nil, attachment: (any Sendable)? = nil) {
    self.remoteAddress = remoteAddress
    self.attachment = attachment
  }
}
