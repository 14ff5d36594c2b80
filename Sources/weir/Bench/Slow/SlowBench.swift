import ArgumentParser

extension Bench {
  /// `weir bench slow`: what one device that hardly reads costs the server and the others.
  struct Slow: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "slow",
      abstract: "Measure what one slow reader costs a Weir server and the other devices.",
      discussion: """
        Three rounds with the same devices. One of them asks for a much faster answer than the others. In the first \
        round, which does not count, and in the second it reads as fast as it can; in the third it reads so few bytes \
        a second. What the third round takes more than the second is the price of its slowness.
        """)

    @OptionGroup var target: TargetOptions
    @Option(help: "Devices that stream beside it.")
    var devices = 100
    @Option(help: "Tokens a second of each of their answers.")
    var rate = 50.0
    @Option(help: "Tokens of each of their answers.")
    var tokens = 1000
    @Option(help: "Its answer is so many times as fast and as long.")
    var times = 100
    @Option(help: "Bytes a second that it reads.")
    var bytes = 100

    func validate() throws {
      try Check.range("devices", devices, 1...1_000_000)
      try Check.range("rate", rate, 0.1...1_000_000)
      try Check.range("tokens", tokens, 1...1_000_000)
      try Check.range("times", times, 1...1_000_000 / max(1, tokens))
      try Check.range("bytes", bytes, 10...1 << 20)
      if target.serverPid.isEmpty { throw ValidationError("Give --server-pid: memory is what is measured here.") }
    }

    func run() throws {
      let place = try target.weirTarget()
      let plan = ChatPlan(devices: devices + 1, rate: rate, tokens: tokens, rampSeconds: 0.5, seconds: 3600)
      let load = ChatLoad(plan, on: try LoadLoop(), try target.server())
      try load.connect(to: place, smallFirst: true)
      var special = ChatPlan.Special(rate: rate * Double(times), tokens: tokens * times)
      let first = try load.run(special: special)
      let fast = try load.run(special: special)
      special.bytesPerSecond = bytes
      let slow = try load.run(special: special)

      guard first.unfinished + fast.unfinished + slow.unfinished == 0 else {
        throw BenchFailure("Some answers did not end in time. Use fewer --devices or a lower --rate.")
      }

      var report = Report("slow")
      report.add("devices", "devices beside it", devices)
      report.add("bytes_per_s", "it reads", bytes, "bytes/s")
      let usual = (Double(fast.residentPeak) - Double(first.residentPeak)) / 1024
      let grown = (Double(slow.residentPeak) - Double(fast.residentPeak)) / 1024
      report.add("grown_usual_kib", "server memory, second round over first", usual, "KiB")
      report.add("grown_kib", "server memory, third round over second", grown, "KiB")
      report.add("pause_reads", "others' pause between deltas, second round", fast.figures.pause)
      report.add("pause_slow", "others' pause between deltas, third round", slow.figures.pause)
      report.add("lag_reads", "others' lag, second round", fast.figures.lag)
      report.add("lag_slow", "others' lag, third round", slow.figures.lag)
      slow.add(to: &report)
      report.show(json: target.json)
    }
  }
}
