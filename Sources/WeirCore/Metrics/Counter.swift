import Synchronization

/// A number that only grows. Any thread adds to it; nobody waits.
package final class Counter: Sendable {
  private let value = Atomic<UInt64>(0)

  package init() {}

  /// Adds one, or more. Who counts per token adds once per flush.
  @inlinable
  package func add(_ amount: Int = 1) {
    // A counter never goes back; what is not positive is no event.
    if amount > 0 { increase(UInt64(amount)) }
  }

  @usableFromInline
  func increase(_ amount: UInt64) {
    value.wrappingAdd(amount, ordering: .relaxed)
  }

  /// Takes over a sum that is counted elsewhere.
  package func mirror(_ total: UInt64) { value.store(total, ordering: .relaxed) }

  /// The sum so far.
  package var total: UInt64 { value.load(ordering: .relaxed) }
}
