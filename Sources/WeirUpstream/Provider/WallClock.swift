import Glibc

/// The time that people know, which may jump: providers name moments by it.
enum WallClock {
  /// Since 1970, UTC.
  static var milliseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(max(0, time.tv_sec)) * 1000 + UInt64(time.tv_nsec / 1_000_000)
  }
}
