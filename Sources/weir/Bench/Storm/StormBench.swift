import ArgumentParser

extension Bench {
  /// `weir bench storm`: answers that stream while connections are lost and come back.
  struct Storm: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "storm",
      abstract: "Measure answers streaming through waves of lost connections, and audit every one.",
      discussion: """
        Each device is a user of its own and asks for one answer of a server that stands in front of `weir bench \
        upstream`. Once all stream, every few seconds a share of the devices hangs up without a word, and each comes \
        back within --away and goes on where it was. Each token carries its number and the time of its sending: none \
        may be missing, come twice or out of order. At the end the stored answers are compared with what came, byte \
        for byte. "lag" is of tokens whose device was there; the others are caught up with.
        """)

    @OptionGroup var target: TargetOptions
    @Option(help: "Devices, each of a user of its own.")
    var devices = 5000
    @Option(help: "Tokens a second of each answer.")
    var rate = 30.0
    @Option(help: "Tokens of each answer.")
    var tokens = 1200
    @Option(help: "Seconds between the first and the last message.")
    var ramp = 5.0
    @Option(help: "Seconds between two waves.")
    var every = 10.0
    @Option(help: "Devices that hang up in a wave, as a share of all.")
    var share = 0.1
    @Option(help: "A device comes back after at most so many seconds.")
    var away = 1.0
    @Option(help: "Chooses which devices hang up and for how long.")
    var seed: UInt64 = 1

    func validate() throws {
      try Check.range("devices", devices, 1...1_000_000)
      try Check.range("rate", rate, 0.1...10_000)
      try Check.range("tokens", tokens, 1...100_000)
      try Check.range("ramp", ramp, 0...3600)
      try Check.range("every", every, 0.1...3600)
      try Check.range("share", share, 0...1)
      try Check.range("away", away, 0...600)
    }

    func run() throws {
      let place = try target.weirTarget()
      let server = try target.server()
      let plan = StormLoad.Plan(
        devices: devices, rate: rate, tokens: tokens, rampSeconds: ramp, everySeconds: every, share: share,
        awaySeconds: away, seed: seed)
      let load = StormLoad(plan, on: try LoadLoop(), to: place, server)
      try load.connect()
      try load.run()
      let peak = server?.residentBytes ?? 0
      try load.audit()
      guard let (figures, span) = load.window else {
        throw BenchFailure("The first answers had ended before the last ones began. Use more --tokens or less --ramp.")
      }
      var report = Report("storm")
      report.add("devices", "devices", devices)
      report.add("rate", "tokens asked for", rate, "/s each", digits: 1)
      report.add("audited", "answers whole, in order, and stored as they came", load.audited)
      report.add("window_s", "measured while all streamed", span.seconds, "s", digits: 2)
      figures.add(to: &report, span)
      if peak > 0 { report.add("rss_mib", "server memory", Double(peak) / 1_048_576, "MiB", digits: 1) }
      report.show(json: target.json)
    }
  }
}
