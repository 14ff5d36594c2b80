/// A moment on a clock that never goes back, in nanoseconds from an arbitrary start. The core is handed the time; it
/// never asks for it, so that a simulation can run a day in a second.
package struct MonotonicTime: Sendable, Hashable, Comparable {
  package var nanoseconds: UInt64

  package init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  package static let zero = MonotonicTime(nanoseconds: 0)

  package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The moment `interval` later.
  package static func + (time: MonotonicTime, interval: Interval) -> MonotonicTime {
    let (sum, overflow) = time.nanoseconds.addingReportingOverflow(interval.nanoseconds)
    return MonotonicTime(nanoseconds: overflow ? .max : sum)
  }

  /// How long after `earlier` this is; zero if it is not after it.
  package func since(_ earlier: MonotonicTime) -> Interval {
    Interval(nanoseconds: nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0)
  }
}

/// A length of time, never negative. One machine word, where `Duration` has two and slow arithmetic.
package struct Interval: Sendable, Hashable, Comparable {
  package var nanoseconds: UInt64

  package init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  package static func milliseconds(_ count: UInt64) -> Interval { Interval(nanoseconds: count * 1_000_000) }
  package static func seconds(_ count: UInt64) -> Interval { Interval(nanoseconds: count * 1_000_000_000) }

  /// A `Duration`, cut to nanoseconds; a negative one is zero.
  package init(_ duration: Duration) {
    let parts = duration.components
    if parts.seconds < 0 || parts.attoseconds < 0 {
      nanoseconds = 0
      return
    }
    let (whole, overflow) = UInt64(parts.seconds).multipliedReportingOverflow(by: 1_000_000_000)
    nanoseconds = overflow ? .max : whole &+ UInt64(parts.attoseconds / 1_000_000_000)
  }

  package static func < (left: Interval, right: Interval) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// As seconds, for metrics.
  package var seconds: Double { Double(nanoseconds) / 1_000_000_000 }
}
