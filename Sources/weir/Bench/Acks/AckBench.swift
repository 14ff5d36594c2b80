import ArgumentParser

extension Bench {
  /// `weir bench acks`: durable acknowledgements a second.
  struct Acks: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "acks",
      abstract: "Measure durable acknowledgements of a Weir server.",
      discussion: """
        Each device is a user of its own and sends its next message when the last one is acknowledged as durable. \
        Every message is also answered: with one token, as fast as the demo model or `weir bench upstream` can, and \
        the answer is stored, too. A device with --ahead unanswered messages waits for an answer, so that the queue \
        stays bounded; where answers are slower than acknowledgements, both rates become the same. That shows how much \
        the server can do, and how long one waits when it does no more; --rate shows how long one waits below that.
        """)

    @OptionGroup var target: TargetOptions
    @Option(help: "Devices, each of a user of its own.")
    var devices = 1000
    @Option(help: "Seconds of measuring.")
    var seconds = 5.0
    @Option(help: "Seconds before it.")
    var warmup = 1.0
    @Option(help: "Bytes of a message.")
    var size = 120
    @Option(help: "Unanswered messages of a device at the same time.")
    var ahead = 8
    @Option(help: "Messages a second of all devices in turn; 0: as many as are acknowledged.")
    var rate = 0.0
    @Option(help: "Messages after which a device begins another conversation.")
    var conversation = 20

    func validate() throws {
      try Check.range("devices", devices, 1...1_000_000)
      try Check.range("seconds", seconds, 0.1...3600)
      try Check.range("warmup", warmup, 0...600)
      try Check.range("size", size, AckLoad.directive.utf8.count...200_000)
      try Check.range("rate", rate, 0...1_000_000)
      try Check.range("ahead", ahead, 1...1000)
      try Check.range("conversation", conversation, 1...1_000_000)
    }

    func run() throws {
      let place = try target.weirTarget()
      let server = try target.server()
      let loop = try LoadLoop()
      let load = AckLoad(loop, devices: devices, size: size, ahead: ahead, conversation: conversation, rate: rate)
      try loop.open(devices, to: place, load) { .device(place, number: $0) }
      load.start()
      loop.run(load, until: Monotonic.now() + UInt64(seconds: warmup)) { load.problems.count > 0 }
      load.startWindow()
      let meter = Meter(server)
      loop.run(load, until: Monotonic.now() + UInt64(seconds: seconds)) { load.problems.count > 0 }
      let span = meter.read()
      let (acked, answered) = (load.acked, load.answered)
      load.stop()
      loop.run(load, until: Monotonic.now() + 30_000_000_000) { load.problems.count > 0 || load.isQuiet }
      try load.problems.check("acks")
      guard load.isQuiet else {
        throw BenchFailure("Some messages were not answered in 30 s. Look at the server's log.")
      }
      guard acked > 0 else { throw BenchFailure("Nothing was acknowledged. Look at the server's log.") }

      var report = Report("acks")
      report.add("devices", "devices", devices)
      report.add("size", "message", size, "bytes")
      report.add("acks_per_s", "durable acknowledgements", Double(acked) / span.seconds, "/s")
      report.add("latency", "acknowledged after", load.latency)
      report.add("answers_per_s", "answers stored", Double(answered) / span.seconds, "/s")
      report.add("refused", "refused and sent again", load.refused)
      span.add(to: &report, events: Double(acked), event: "ack")
      report.show(json: target.json)
    }
  }
}
