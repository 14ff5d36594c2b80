/// The time and CPU between two moments.
struct Meter {
  /// What passed.
  struct Span {
    let seconds: Double
    /// Seconds of CPU of the server; nil if its process is not known.
    let serverCPU: Double?
    /// Seconds of CPU of this process.
    let loadCPU: Double

    /// Adds the figures that every report ends with. `events` happened in the span, `event` names one of them.
    func add(to report: inout Report, events: Double, event: String) {
      if let serverCPU {
        if events > 0 {
          report.add("server_us_per_\(event)", "server CPU per \(event)", serverCPU / events * 1e6, "µs", digits: 3)
        }
        report.add("server_cpu_percent", "server CPU", serverCPU / seconds * 100, "%", digits: 0)
      }
      report.add("load_cpu_percent", "load CPU", loadCPU / seconds * 100, "%", digits: 0)
    }
  }

  private let server: ServerProcess?
  private let start = Monotonic.now()
  private let startServer: UInt64
  private let startLoad = Monotonic.ownCPU()

  init(_ server: ServerProcess?) {
    self.server = server
    startServer = server?.cpu ?? 0
  }

  /// From the making of the meter to now.
  func read() -> Span {
    let serverCPU = server.map { ($0.cpu &- startServer).inSeconds }
    return Span(
      seconds: max(1e-9, (Monotonic.now() - start).inSeconds), serverCPU: serverCPU,
      loadCPU: (Monotonic.ownCPU() - startLoad).inSeconds)
  }
}
