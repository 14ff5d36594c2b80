import Synchronization

/// How long things took: a count for each of the fixed buckets, and the sum. Recording is three atomic additions and a
/// search among at most `Histogram.maximumBuckets` bounds, without a lock.
package final class Histogram: Sendable {
  /// Bounds a histogram can have, the last one (everything) not counted.
  package static let maximumBuckets = 23

  /// Upper bounds in nanoseconds, ascending, inclusive.
  package let bounds: [UInt64]
  private let counts: InlineArray<24, Atomic<UInt64>>
  private let sum = Atomic<UInt64>(0)

  /// A histogram with these bounds, ascending, in nanoseconds; those beyond the most there can be are left out.
  package init(boundsNanoseconds bounds: [UInt64]) {
    self.bounds = Array(bounds.prefix(Histogram.maximumBuckets))
    counts = InlineArray { _ in Atomic<UInt64>(0) }
  }

  /// Adds one that took so many nanoseconds.
  package func record(nanoseconds: UInt64) {
    var bucket = 0
    while bucket < bounds.count && bounds[bucket] < nanoseconds { bucket += 1 }
    counts[bucket].wrappingAdd(1, ordering: .relaxed)
    sum.wrappingAdd(nanoseconds, ordering: .relaxed)
  }

  /// Takes over counts that are kept elsewhere: one for each bound, in order, and one for what lies above.
  package func mirror(counts others: [UInt64], sumNanoseconds: UInt64) {
    precondition(others.count == bounds.count + 1, "a count for each bound, and one for what lies above")
    for (bucket, count) in others.enumerated() { counts[bucket].store(count, ordering: .relaxed) }
    sum.store(sumNanoseconds, ordering: .relaxed)
  }

  /// A consistent enough view: buckets are read one by one while others record.
  package var snapshot: (cumulative: [UInt64], count: UInt64, sumNanoseconds: UInt64) {
    var running: UInt64 = 0
    var cumulative: [UInt64] = []
    for bucket in 0...bounds.count {
      running &+= counts[bucket].load(ordering: .relaxed)
      cumulative.append(running)
    }
    return (cumulative, running, sum.load(ordering: .relaxed))
  }

  /// 100 µs to 10 s: what goes on inside one machine.
  package static let localBounds: [UInt64] = [
    100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
    250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 10_000_000_000,
  ]

  /// 100 µs to 1 s: what waits for the disk. The journal counts by the same.
  package static let commitBounds: [UInt64] = [
    100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000, 100_000_000,
    200_000_000, 500_000_000, 1_000_000_000,
  ]

  /// 10 ms to 2 min: what waits for a model.
  package static let modelBounds: [UInt64] = [
    10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_000_000_000,
    5_000_000_000, 10_000_000_000, 20_000_000_000, 30_000_000_000, 60_000_000_000, 120_000_000_000,
  ]
}
