import NIOConcurrencyHelpers
package import WeirCore

/// The figures of the way to the providers: lanes, attempts, endpoints. The upstream thread writes them; any thread
/// reads. Names come from the configuration, so no user can make them grow; those of lanes and endpoints that are gone
/// stay until the process ends, as counters do.
package final class UpstreamMetrics: Sendable {
  /// More names than any configuration has, over all its changes.
  private static let maximumNames = 1024

  private struct Tables {
    var endpoints: [EndpointMetrics] = []
    var endpointOf: [String: Int] = [:]
    var lanes: [LaneMetrics] = []
    /// The lanes in use, best first.
    var current: [LaneMetrics] = []
    /// Names of the endpoints in use, in the configuration's order.
    var names: [String] = []
  }

  private let tables = NIOLockedValueBox(Tables())
  /// Attempts after a failure or refusal.
  package let retries = Counter()
  /// Second attempts for a late first token, and those of them that came first.
  package let hedges = Counter()
  package let hedgesWon = Counter()
  /// Answers that another endpoint went on with.
  package let resumes = Counter()
  /// Attempts put off because providers take too few.
  package let throttled = Counter()
  /// Calls that could not start in their time.
  package let expired = Counter()
  /// Calls refused for want of room.
  package let refused = Counter()
  /// Second attempts that are allowed now.
  package let retryBudgetLeft = Gauge()
  package let waiting = Gauge()
  package let running = Gauge()
  /// By how much what users were told first of their wait was wrong.
  package let estimateError = Histogram(boundsNanoseconds: LaneMetrics.waitBounds)

  init(_ configuration: UpstreamConfiguration) {
    adopt(configuration)
  }

  /// The endpoints in use, in the configuration's order.
  package var endpoints: [EndpointMetrics] {
    let names = tables.withLockedValue { $0.names }
    return names.map { endpoint($0) }
  }

  /// All lanes there were, those in use first among equals.
  package var lanes: [LaneMetrics] { tables.withLockedValue { $0.lanes } }

  /// All endpoints there were.
  var allEndpoints: [EndpointMetrics] { tables.withLockedValue { $0.endpoints } }

  /// The figures of an endpoint; the same object for the same name.
  func endpoint(_ name: String) -> EndpointMetrics {
    tables.withLockedValue { tables in
      if let known = tables.endpointOf[name] { return tables.endpoints[known] }
      let metrics = EndpointMetrics(name: name)
      guard tables.endpoints.count < Self.maximumNames else { return metrics }
      tables.endpointOf[name] = tables.endpoints.count
      tables.endpoints.append(metrics)
      return metrics
    }
  }

  /// Takes over the names of another configuration; returns its lanes, best first.
  @discardableResult
  func adopt(_ configuration: UpstreamConfiguration) -> [LaneMetrics] {
    tables.withLockedValue { tables in
      tables.names = configuration.endpoints.map(\.name)
      tables.current = configuration.lanes.map { lane in
        if let known = tables.lanes.first(where: { $0.name == lane.name }) { return known }
        let metrics = LaneMetrics(name: lane.name)
        if tables.lanes.count < Self.maximumNames { tables.lanes.append(metrics) }
        return metrics
      }
      return tables.current
    }
  }

  /// An attempt starts.
  func note(_ start: AttemptStart, lanes: [LaneMetrics]) {
    if let error = start.estimateError { estimateError.record(nanoseconds: error.nanoseconds) }
    guard start.kind == .first, lanes.indices.contains(start.lane) else { return }
    lanes[start.lane].wait.record(nanoseconds: start.waited.nanoseconds)
  }

  /// Makes the gateway's figures visible to other threads. `lanes` are those in use, as `adopt` returned them.
  func publish(_ gateway: borrowing Gateway, lanes: [LaneMetrics]) {
    let totals = gateway.totals
    retries.mirror(UInt64(totals.retries))
    hedges.mirror(UInt64(totals.hedges))
    hedgesWon.mirror(UInt64(totals.hedgesWon))
    resumes.mirror(UInt64(totals.resumes))
    throttled.mirror(UInt64(totals.throttled))
    expired.mirror(UInt64(totals.expired))
    refused.mirror(UInt64(totals.refused))
    retryBudgetLeft.set(gateway.retryBudgetLeft)
    var (waits, runs) = (0, 0)
    for (index, lane) in lanes.enumerated() {
      let counts = gateway.counts(lane: index)
      lane.waiting.set(counts.waiting)
      lane.running.set(counts.running)
      waits += counts.waiting
      runs += counts.running
    }
    waiting.set(waits)
    running.set(runs)
  }
}
