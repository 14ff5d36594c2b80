import Synchronization

/// A number that goes up and down. Any thread changes it; nobody waits.
package final class Gauge: Sendable {
  private let value = Atomic<Int>(0)

  package init() {}

  /// Changes it by `amount`, up or down.
  package func add(_ amount: Int = 1) { value.wrappingAdd(amount, ordering: .relaxed) }

  /// Changes it by `-amount`.
  package func subtract(_ amount: Int = 1) { value.wrappingSubtract(amount, ordering: .relaxed) }

  /// Sets it.
  package func set(_ amount: Int) { value.store(amount, ordering: .relaxed) }

  /// The number now.
  package var current: Int { value.load(ordering: .relaxed) }
}
