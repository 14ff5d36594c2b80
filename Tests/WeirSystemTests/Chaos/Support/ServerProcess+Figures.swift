import Foundation

/// What the kernel knows of a server.
extension ServerProcess {
  /// Descriptors that are open.
  func openDescriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child.pid)/fd").count
  }

  /// Seconds of CPU so far, of all its threads.
  func cpuSeconds() throws -> Double {
    let stat = try String(contentsOfFile: "/proc/\(child.pid)/stat", encoding: .utf8)
    // The program's name stands in brackets and may contain anything; the figures come behind it (proc(5)).
    let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// The most memory it has had at a time, in bytes.
  func peakBytes() throws -> Int { try status("VmHWM") * 1024 }

  private func status(_ name: String) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
  }
}
