// epoll.h declares timespec a second time, and the compiler takes it from there.
import CEpoll
import Glibc

/// Time since some fixed moment, the same for all processes of the machine.
enum Monotonic {
  /// Nanoseconds.
  static func now() -> UInt64 { read(CLOCK_MONOTONIC) }

  /// Nanoseconds of CPU that this process has used.
  static func ownCPU() -> UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }

  /// Nanoseconds on any clock; 0 if there is no such clock (a process that has ended).
  static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    guard clock_gettime(clock, &time) == 0 else { return 0 }
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

extension UInt64 {
  /// Nanoseconds of so many seconds; at most a century, so that sums stay in range.
  init(seconds: Double) { self = UInt64(Swift.max(0, Swift.min(seconds, 3.2e9)) * 1e9) }

  /// Of nanoseconds.
  var inSeconds: Double { Double(self) / 1e9 }
}
