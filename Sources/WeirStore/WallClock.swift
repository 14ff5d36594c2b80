import Glibc

/// The time of day, and time that passes.
package enum WallClock {
  /// Milliseconds since 1970, UTC.
  @Sendable package static func nowMs() -> UInt64 { milliseconds(CLOCK_REALTIME) }

  /// Milliseconds on a clock that never goes back.
  static func uptimeMs() -> UInt64 { milliseconds(CLOCK_MONOTONIC) }

  /// Holds the thread up.
  static func pause(ms: UInt32) { usleep(ms * 1000) }

  private static func milliseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    // With these clocks and a valid address the call cannot fail.
    clock_gettime(clock, &time)
    return UInt64(max(0, time.tv_sec)) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }
}
