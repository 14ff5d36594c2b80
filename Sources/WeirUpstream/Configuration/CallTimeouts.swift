/// How long a call to a provider may take. Its own wait for a slot is not part of it.
package struct CallTimeouts: Sendable, Equatable {
  /// Name look-up, TCP and TLS.
  package var connect: Duration = .seconds(5)
  /// From the request to the first thing the model gives: text, or a sign that it reasons.
  package var firstToken: Duration = .seconds(60)
  /// The longest silence after that. Comments that only keep the connection alive are silence.
  package var stall: Duration = .seconds(30)
  /// The whole call.
  package var total: Duration = .seconds(600)

  package init() {}
}
