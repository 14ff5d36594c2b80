import Logging
import NIOConcurrencyHelpers

/// What the server does by itself, now and then, beside serving.
final class Upkeep: Sendable {
  private let tasks: [Task<Void, Never>]

  /// Begins at once. `configuration` is what counts at any moment.
  init(
    configuration: NIOLockedValueBox<WeirConfiguration>, backend: Backend, gatekeeper: Gatekeeper,
    tls: TLSContextBox?, logger: Logger
  ) {
    let retention = RetentionKeeper(configuration: configuration, backend: backend, logger: logger)
    let keys = KeyFileKeeper(configuration: configuration, gatekeeper: gatekeeper, tls: tls, logger: logger)
    let store = StoreWatch(store: backend.store, metrics: backend.metrics)
    tasks = [Task { await retention.run() }, Task { await keys.run() }, Task { await store.run() }]
  }

  /// Returns when nothing of it is under way any more: a few milliseconds.
  func stop() async {
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
  }

  deinit {
    for task in tasks { task.cancel() }
  }
}
