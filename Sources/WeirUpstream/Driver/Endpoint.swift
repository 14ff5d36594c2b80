internal import WeirCore

/// One endpoint as the upstream thread sees it: its configuration, the ways to it and its figures. Confined to that
/// thread. Another configuration makes another one; attempts under way end with the one they began with.
final class Endpoint {
  let configuration: EndpointConfiguration
  let metrics: EndpointMetrics
  let failure: CallFailure
  var gate = LogGate()
  /// Counted here per piece, added to the metrics per wake-up.
  private var deltas = 0
  private var textBytes = 0
  /// By the key's number; 0: without a key.
  private let routes: [UInt64: ProviderRoute]

  init(_ configuration: EndpointConfiguration, metrics: EndpointMetrics) {
    self.configuration = configuration
    self.metrics = metrics
    failure = CallFailure(endpoint: configuration.name)
    var routes: [UInt64: ProviderRoute] = [:]
    for key in configuration.keys { routes[key.number] = ProviderRoute(configuration, key: key) }
    if routes.isEmpty { routes[0] = ProviderRoute(configuration) }
    self.routes = routes
  }

  /// The way with the key of this number. Nil: the demo model answers, or the key is not one of its keys.
  func route(_ key: UInt64) -> ProviderRoute? { routes[key] }

  /// Which of its keys has this number, from 1, for the log.
  func keyIndex(_ number: UInt64) -> Int {
    (configuration.keys.firstIndex { $0.number == number } ?? 0) + 1
  }

  func count(deltas: Int, textBytes: Int) {
    self.deltas += deltas
    self.textBytes += textBytes
  }

  /// Makes what has been counted visible to other threads.
  func publish(_ health: (breaker: CircuitBreaker.State, limit: Int, inFlight: Int)?) {
    if textBytes > 0 || deltas > 0 {
      metrics.deltas.add(deltas)
      metrics.textBytes.add(textBytes)
      (deltas, textBytes) = (0, 0)
    }
    guard let health else { return }
    metrics.inFlight.set(health.inFlight)
    metrics.limit.set(health.limit)
    metrics.breaker.set(BreakerFigure(health.breaker).rawValue)
  }
}
