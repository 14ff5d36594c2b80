// What the journal's thread tells the others.

import NIOConcurrencyHelpers
import Synchronization

/// Figures and health, written by the journal's thread, read by any.
final class JournalState: Sendable {
  private let isBroken = Atomic(false)
  private let cause = NIOLockedValueBox<StoreError?>(nil)
  private let counted = NIOLockedValueBox(JournalMetrics())

  /// Why nothing is written any more. Costs an atomic load while all is well.
  var failure: StoreError? {
    guard isBroken.load(ordering: .acquiring) else { return nil }
    return cause.withLockedValue { $0 }
  }

  func fail(_ error: StoreError) {
    cause.withLockedValue { if $0 == nil { $0 = error } }
    isBroken.store(true, ordering: .releasing)
  }

  var metrics: JournalMetrics { counted.withLockedValue { $0 } }

  func update(_ change: (inout JournalMetrics) -> Void) { counted.withLockedValue(change) }
}
