import Glibc

/// What the operating system knows of this process, under the names all Prometheus clients use.
enum ProcessMetrics {
  /// Prometheus text. Reads a few lines of `/proc`, which never waits for a disk.
  static func prometheusText() -> String {
    var text = ""
    if let bytes = residentBytes {
      add("process_resident_memory_bytes", "gauge", "Memory in use.", "\(bytes)", to: &text)
    }
    // CPU time of all threads, in microseconds (POSIX fixes CLOCKS_PER_SEC at a million).
    let seconds = Double(clock()) / 1_000_000
    add("process_cpu_seconds_total", "counter", "CPU time used.", "\(seconds)", to: &text)
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      add("process_max_fds", "gauge", "Descriptors it may open.", "\(limit.rlim_cur)", to: &text)
    }
    return text
  }

  /// Memory in use; nil: the system does not say.
  static var residentBytes: Int? { field(1, of: "/proc/self/statm").map { $0 * Int(getpagesize()) } }

  private static func add(_ name: String, _ type: String, _ help: String, _ value: String, to text: inout String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n\(name) \(value)\n"
  }

  /// A number in a one-line file, counted from 0.
  private static func field(_ index: Int, of path: String) -> Int? {
    guard let bytes = try? FileContents.read(path, limit: 4096) else { return nil }
    let fields = bytes.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    return index < fields.count ? Int(String(decoding: fields[index], as: UTF8.self)) : nil
  }
}
