internal import WeirCore

/// One endpoint as the upstream thread sees it: its configuration, its queue and its figures. Confined to that thread.
final class Endpoint {
  let configuration: EndpointConfiguration
  let metrics: EndpointMetrics
  let failure: CallFailure
  /// Nil: the demo model answers.
  let route: ProviderRoute?
  var queue: CallQueue
  var gate = LogGate()
  /// Counted here per piece, added to the metrics per wake-up.
  var deltas = 0
  var textBytes = 0

  init(_ configuration: EndpointConfiguration, metrics: EndpointMetrics) {
    self.configuration = configuration
    self.metrics = metrics
    failure = CallFailure(endpoint: configuration.name)
    queue = CallQueue(limits: configuration.queue)
    route = ProviderRoute(configuration)
  }

  /// Makes what has been counted visible to other threads.
  func publish() {
    metrics.deltas.add(deltas)
    metrics.textBytes.add(textBytes)
    deltas = 0
    textBytes = 0
    metrics.inFlight.set(queue.running)
    metrics.queued.set(queue.waiting)
  }
}
