package import WeirCore

/// The figures of one lane, of all models together.
package final class LaneMetrics: Sendable {
  package let name: String
  /// Calls that wait.
  package let waiting = Gauge()
  /// Calls that hold a place.
  package let running = Gauge()
  /// From submission to the first attempt.
  package let wait = Histogram(boundsNanoseconds: LaneMetrics.waitBounds)

  /// 1 ms to an hour.
  package static let waitBounds: [UInt64] = [
    1_000_000, 5_000_000, 25_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000,
    5_000_000_000, 10_000_000_000, 20_000_000_000, 30_000_000_000, 60_000_000_000, 120_000_000_000, 300_000_000_000,
    600_000_000_000, 3_600_000_000_000,
  ]

  init(name: String) {
    self.name = name
  }
}
