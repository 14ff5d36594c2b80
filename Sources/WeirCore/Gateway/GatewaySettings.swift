/// A model as users name it, and the endpoints that answer for it.
package struct PoolSettings: Sendable, Equatable {
  package var model: String
  /// Names of endpoints. Several pools may name the same one; its places are then shared by who comes first.
  package var endpoints: [String]
  /// A second attempt is made when the first token is later than this share of them: 0.95 is usual; nil: never.
  package var hedgeAfterShare: Double?

  package init(model: String, endpoints: [String]) {
    self.model = model
    self.endpoints = endpoints
  }
}

/// All rules between users and providers. Can be replaced while calls wait and run.
package struct GatewaySettings: Sendable, Equatable {
  package var endpoints: [EndpointSettings]
  package var pools: [PoolSettings]
  /// The lanes of every pool, best first. Never empty.
  package var lanes = LaneSettings.standard
  /// The waiting room, of all pools together.
  package var queue = LaneQueueLimits()
  package var retries = RetrySettings()
  /// K of the client-side throttle.
  package var throttleMultiplier = 2.0

  package init(endpoints: [EndpointSettings], pools: [PoolSettings]) {
    self.endpoints = endpoints
    self.pools = pools
  }
}
