import Glibc

/// What the operating system says of the measured server's processes.
struct ServerProcess {
  private let pids: [pid_t]
  private let clocks: [clockid_t]

  /// nil if there are none to ask about.
  init?(_ pids: [Int32]) throws(BenchFailure) {
    if pids.isEmpty { return nil }
    self.pids = pids
    var clocks: [clockid_t] = []
    for pid in pids {
      var clock = clockid_t()
      guard clock_getcpuclockid(pid, &clock) == 0 else {
        throw BenchFailure("There is no process \(pid). Correct --server-pid.")
      }
      clocks.append(clock)
    }
    self.clocks = clocks
  }

  /// Nanoseconds of CPU, user and system, of all threads, also those that have ended.
  var cpu: UInt64 { clocks.reduce(0) { $0 + Monotonic.read($1) } }

  /// Resident memory in bytes.
  var residentBytes: UInt64 { pids.reduce(0) { $0 + kilobytes("VmRSS:", of: $1) * 1024 } }

  /// Nobody runs any more.
  var hasEnded: Bool { pids.allSatisfy { kill($0, 0) != 0 && errno == ESRCH } }

  private func kilobytes(_ name: String, of pid: pid_t) -> UInt64 {
    guard let file = fopen("/proc/\(pid)/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, CInt(line.count), file) != nil {
      let text = line.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard text.hasPrefix(name) else { continue }
      return text.dropFirst(name.count).split(whereSeparator: \.isWhitespace).first.flatMap { UInt64($0) } ?? 0
    }
    return 0
  }
}
