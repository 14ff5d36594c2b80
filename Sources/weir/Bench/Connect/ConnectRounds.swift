/// Opens connections and closes them again, round by round.
final class ConnectRounds {
  private let target: Target
  private let server: ServerProcess?
  private let connections: Int
  private let atOnce: Int
  private let devices: Bool

  private var opened = 0
  private var openSeconds = 0.0
  private var openCPU = 0.0
  private var closeSeconds = 0.0
  private var closeCPU = 0.0
  private var loadCPU = 0.0
  private var latency = LatencyHistogram()

  init(_ target: Target, _ server: ServerProcess?, connections: Int, atOnce: Int, devices: Bool) {
    self.target = target
    self.server = server
    self.connections = connections
    self.atOnce = atOnce
    self.devices = devices
  }

  /// Forgets what was measured.
  func reset() {
    (opened, openSeconds, openCPU, closeSeconds, closeCPU, loadCPU) = (0, 0, 0, 0, 0, 0)
    latency = LatencyHistogram()
  }

  func run() throws(BenchFailure) {
    let loop = try LoadLoop()
    let load = ConnectLoad()
    var meter = Meter(server)
    try loop.open(connections, to: target, atOnce: atOnce, load) { number in
      load.began(number)
      return devices ? Opening.device(target, number: number) : Opening(target)
    }
    let open = meter.read()
    meter = Meter(server)
    load.isClosing = true
    for link in loop.links {
      if target.isBare { loop.drop(link) } else { link.send(MaskedFrame.close) }
    }
    loop.run(load, until: Monotonic.now() + 5_000_000_000) { target.isBare || load.closed == connections }
    let closing = meter.read()
    try load.problems.check("connect")
    guard target.isBare || load.closed == connections else {
      throw BenchFailure("Of \(connections) connections the server closed \(load.closed) in 5 s. Look at its log.")
    }
    opened += connections
    openSeconds += open.seconds
    openCPU += open.serverCPU ?? 0
    loadCPU += open.loadCPU
    closeSeconds += closing.seconds
    closeCPU += closing.serverCPU ?? 0
    latency.add(load.latency)
  }

  func report() -> Report {
    let count = Double(opened)
    var report = Report("connect")
    report.add("connections", "connections of a round", connections)
    report.add("upgrades", "upgrades", opened)
    report.add("upgrades_per_s", "upgrades", count / openSeconds, "/s")
    report.add("latency", "connect and upgrade", latency)
    let span = Meter.Span(seconds: openSeconds, serverCPU: server == nil ? nil : openCPU, loadCPU: loadCPU)
    span.add(to: &report, events: count, event: "upgrade")
    if server != nil {
      report.add("server_us_per_close", "server CPU per close", closeCPU / count * 1e6, "µs", digits: 3)
    }
    return report
  }
}

/// Waits for what the rounds began.
final class ConnectLoad: LoadDriver {
  var isClosing = false
  private(set) var closed = 0
  private(set) var problems = Problems()
  private(set) var latency = LatencyHistogram()
  private var begun: [UInt64] = []

  /// A connection is about to be made.
  func began(_ number: Int) { begun.append(Monotonic.now()) }

  func opened(_ link: Link, now: UInt64) { latency.record(now &- begun[link.index]) }

  func received(_ bytes: UnsafeRawBufferPointer, on link: Link, now: UInt64) {
    if isClosing { return }  // The server's Close; its end of the connection follows.
    link.messages(in: bytes) { _ in }
  }

  func closed(_ link: Link) {
    if isClosing { closed += 1 } else { problems.add(link.problem ?? "closed") }
  }
}
