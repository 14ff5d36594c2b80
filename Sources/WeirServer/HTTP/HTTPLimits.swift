package import NIOCore

/// What a plain HTTP connection may take of the server.
package struct HTTPLimits: Sendable, Equatable {
  /// The request line and all header fields.
  package var headBytes = 16 << 10
  /// Header fields in a request.
  package var headerFields = 100
  /// The request's target.
  package var targetBytes = 8 << 10
  /// A request's body, unless its route has a limit of its own.
  package var bodyBytes = 64 << 10
  /// A streaming route that writes on although nothing is taken loses the connection beyond this.
  package var outstandingBytes = 8 << 20
  /// From the first byte of a request, or the start of the connection, to its last header.
  package var headTime: TimeAmount = .seconds(5)
  /// From the last header to the end of the body.
  package var bodyTime: TimeAmount = .seconds(15)
  /// How long a route may think. A streaming route has all the time it wants.
  package var responseTime: TimeAmount = .seconds(30)
  /// How long a peer may take nothing of a streamed answer.
  package var stallTime: TimeAmount = .seconds(30)
  /// How long a connection stays open between requests.
  package var idleTime: TimeAmount = .seconds(30)
  /// How long a refused peer's bytes are still read, and dropped: closing at once would reset the connection, and the
  /// refusal could be lost before it is read (RFC 9112 §9.6).
  package var lingerTime: TimeAmount = .seconds(2)

  package init() {}
}
