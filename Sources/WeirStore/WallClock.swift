import Glibc

/// The time of day.
enum WallClock {
  /// Milliseconds since 1970.
  @Sendable static func nowMs() -> UInt64 {
    var time = timespec()
    // With this clock and a valid address the call cannot fail.
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(max(0, time.tv_sec)) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }
}
