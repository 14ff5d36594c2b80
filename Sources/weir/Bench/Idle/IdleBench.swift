import ArgumentParser
import Glibc

extension Bench {
  /// `weir bench idle`: the server's memory for each connection that does nothing.
  struct Idle: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "idle",
      abstract: "Hold idle connections and measure the server's memory for each.",
      discussion: """
        Some connections are opened and closed first, so that what the server allocates once does not count. Then \
        resident memory is read, the connections are opened, and it is read again. With --devices each is a Weir \
        device of a user of its own that has said Hello and got its Welcome.
        """)

    @OptionGroup var target: TargetOptions
    @Option(help: "Connections.")
    var connections = 10_000
    @Option(help: "Seconds to hold them once all are open.")
    var hold = 2.0
    @Flag(help: "Open each connection as a Weir device of a user of its own, with a session.")
    var devices = false

    func validate() throws {
      try Check.range("connections", connections, 1...1_000_000)
      try Check.range("hold", hold, 0...36_000)
      if target.serverPid.isEmpty { throw ValidationError("Give --server-pid: memory is what is measured here.") }
    }

    func run() throws {
      let place = devices ? try target.weirTarget() : try target.echoTarget()
      guard let server = try target.server() else { return }
      let warm = try hold(min(connections, 256), place, from: connections, seconds: 0.3)
      withExtendedLifetime(warm) {}
      let before = server.residentBytes
      let meter = Meter(server)
      let (loop, load) = try hold(connections, place, from: 0, seconds: 0)
      let opening = meter.read()
      loop.run(load, until: Monotonic.now() + UInt64(seconds: max(hold, 0.2)))
      try load.problems.check("idle")
      let after = server.residentBytes
      let idle = Meter(server)
      loop.run(load, until: Monotonic.now() + 1_000_000_000)
      try load.problems.check("idle")
      let quiet = idle.read()

      var report = Report("idle")
      report.add("connections", "connections", connections)
      report.add("rss_before_mib", "server memory before", Double(before) / 1_048_576, "MiB", digits: 1)
      report.add("rss_after_mib", "server memory after", Double(after) / 1_048_576, "MiB", digits: 1)
      let grown = Double(after) - Double(before)
      report.add("kib_per_connection", "per connection", grown / 1024 / Double(connections), "KiB", digits: 2)
      report.add("opened_per_s", "opened", Double(connections) / opening.seconds, "/s")
      report.add(
        "idle_cpu_percent", "server CPU while idle", (quiet.serverCPU ?? 0) / quiet.seconds * 100, "%", digits: 2)
      report.show(json: target.json)
    }

    /// Opens connections, of users from a number on, and serves them for some time.
    private func hold(
      _ count: Int, _ place: Target, from first: Int, seconds: Double
    ) throws(BenchFailure) -> (LoadLoop, IdleLoad) {
      let loop = try LoadLoop()
      let load = IdleLoad(greets: devices)
      try loop.open(count, to: place, load) { number in
        devices ? Opening.device(place, number: first + number) : Opening(place)
      }
      let limit = Monotonic.now() + 30_000_000_000
      loop.run(load, until: limit) { load.problems.count > 0 || !devices || load.welcomed == count }
      try load.problems.check("idle")
      if devices, load.welcomed < count {
        throw BenchFailure("Of \(count) devices \(load.welcomed) were welcomed in 30 s. Look at the server's log.")
      }
      loop.run(load, until: Monotonic.now() + UInt64(seconds: seconds))
      return (loop, load)
    }
  }
}
