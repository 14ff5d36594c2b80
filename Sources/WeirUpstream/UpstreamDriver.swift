package import Logging
import NIOConcurrencyHelpers
package import WeirCore

/// The way to the model providers, and to the built-in demo model: one thread, one libcurl multi handle, and the
/// gateway that decides which call goes next, and where.
///
/// Calls are submitted and cancelled from any thread. What happens to them comes in batches: each wake-up of the thread
/// calls the sink of each shard that has news once, on the upstream thread, so a sink only hands the batch on. A call's
/// events come in order and end with `.finished` or `.failed`, except after `cancel`, when none may come.
package final class UpstreamDriver: Sendable {
  /// Receives a shard's batches.
  package typealias Sink = @Sendable (UpstreamBatch) -> Void

  /// The figures of lanes, attempts and endpoints.
  package let metrics: UpstreamMetrics

  private let sinks: [Sink]
  private let mailbox: CommandMailbox
  private let thread: NIOLockedValueBox<DriverThread?>

  /// Starts the thread. `sinks` has one closure per shard, found by `UpstreamRequest.shard`. Outcomes and tokens are
  /// counted in `metrics` too, if given.
  package init(
    configuration: UpstreamConfiguration, sinks: [Sink], logger: Logger = Logger(label: "weir.upstream"),
    metrics shared: Metrics? = nil
  ) throws(UpstreamStartError) {
    do throws(UpstreamConfigurationError) {
      try configuration.validate()
    } catch {
      throw .configuration(error)
    }
    let figures = UpstreamMetrics(configuration)
    metrics = figures
    self.sinks = sinks
    do throws(CurlError) {
      let poller = try Poller()
      let mailbox = CommandMailbox { poller.wake() }
      // Handed over to the thread that starts below, and used nowhere else: it has one owner at a time.
      nonisolated(unsafe) let loop = try UpstreamLoop(
        configuration: configuration, sinks: sinks, poller: poller, mailbox: mailbox, logger: logger,
        metrics: figures, shared: shared)
      self.mailbox = mailbox
      thread = NIOLockedValueBox(try DriverThread(name: "weir-upstream") { loop.run() })
    } catch {
      throw .resources(error.description)
    }
  }

  deinit { shutdown() }

  /// Takes over another configuration while calls wait and run: keys, endpoints, models, lanes and limits. Endpoints
  /// that stay, by name, keep what is known of their health; those that are gone end their calls and get no more.
  package func update(_ configuration: UpstreamConfiguration) throws(UpstreamConfigurationError) {
    try configuration.validate()
    _ = mailbox.post(.update(configuration))
  }

  /// How lanes, endpoints and the slowest calls stand, and the time that the moments in it are told by; nil after
  /// `shutdown`.
  package func state(slowest: Int = 10) async -> (gateway: GatewaySnapshot, now: MonotonicTime)? {
    await withCheckedContinuation { continuation in
      let isTaken = mailbox.post(.inspect(slowest: slowest) { continuation.resume(returning: ($0, $1)) })
      if !isTaken { continuation.resume(returning: nil) }
    }
  }

  /// Starts a call as soon as its model has a place for it.
  package func submit(_ request: UpstreamRequest) { submit(contentsOf: [request]) }

  /// Starts calls, waking the thread once. After `shutdown` they fail at once, on the calling thread.
  package func submit(contentsOf requests: [UpstreamRequest]) {
    for request in requests { precondition(sinks.indices.contains(request.shard), "every shard has a sink") }
    if requests.isEmpty || mailbox.post(.submit(requests)) { return }
    for request in requests {
      var batch = UpstreamBatch()
      batch.events.append(UpstreamEvent(callID: request.callID, kind: .failed(CallFailure.shuttingDown)))
      sinks[request.shard](batch)
    }
  }

  /// Ends a call early: its connection is cut, or it leaves the queue. A call that has ended is left alone.
  package func cancel(_ id: CallID) { _ = mailbox.post(.cancel(id)) }

  /// Stops reading from all providers, and starting calls, until it is called with false: the process is short of
  /// memory.
  package func setPaused(_ paused: Bool) { _ = mailbox.post(.setPaused(paused)) }

  /// Ends all calls with `SHUTTING_DOWN` and waits for the thread to end. Not from a sink. A second time does nothing.
  package func shutdown() {
    _ = mailbox.post(.shutDown)
    let running = thread.withLockedValue { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }
}

/// Why the upstream thread did not start, and what to do.
package enum UpstreamStartError: Error, Sendable, CustomStringConvertible {
  case configuration(UpstreamConfigurationError)
  case resources(String)

  package var description: String {
    switch self {
    case .configuration(let error): error.description
    case .resources(let why): "The upstream thread cannot start: \(why). Free memory or raise the limit on open files."
    }
  }
}
