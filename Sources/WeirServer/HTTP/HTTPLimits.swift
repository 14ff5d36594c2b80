package import NIOCore

/// What a plain HTTP connection may take of the server.
package struct HTTPLimits: Sendable, Equatable {
  /// The request line and all header fields.
  package var headBytes = 16 << 10
  /// Header fields in a request.
  package var headerFields = 100
  /// The request's target.
  package var targetBytes = 8 << 10
  /// A request's body.
  package var bodyBytes = 64 << 10
  /// From the first byte of a request, or the start of the connection, to its last header.
  package var headTime: TimeAmount = .seconds(5)
  /// From the last header to the end of the body.
  package var bodyTime: TimeAmount = .seconds(15)
  /// How long a route may think.
  package var responseTime: TimeAmount = .seconds(30)
  /// How long a connection stays open between requests.
  package var idleTime: TimeAmount = .seconds(30)

  package init() {}
}
