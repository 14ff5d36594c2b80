/// One endpoint as the gateway knows it: no address, no secret.
package struct EndpointSettings: Sendable, Equatable {
  /// Unique. What is known of an endpoint's health stays with its name when the settings change.
  package var name: String
  /// Its part of the calls, against others of the same priority.
  package var weight = 1
  /// 0 is the best; an endpoint of a worse one is used only while none of a better one can be.
  package var priority = 0
  /// Calls under way at once, at most. How many there really are is found out.
  package var maximumConcurrent = 256
  /// Calls at once to begin with.
  package var initialConcurrent = 16
  package var requestsPerMinute: Int?
  package var tokensPerMinute: Int?
  /// Numbers for its keys, each of which changes when the secret does; empty: it needs none.
  package var keys: [UInt64] = []
  package var breaker = BreakerSettings()

  package init(name: String) {
    self.name = name
  }
}
