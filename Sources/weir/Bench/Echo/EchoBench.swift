import ArgumentParser

extension Bench {
  /// `weir bench echo`: messages a second, latency and the server's CPU per message.
  struct Echo: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "echo",
      abstract: "Measure an echo server: messages a second, latency, CPU per message.",
      discussion: """
        Each connection has so many messages on the way and sends the next when one has come back. Every byte that \
        comes back is compared with what was sent. With --deflate 64 different messages of chat JSON go round; the \
        server's replies are inflated and compared before the measurement, and counted during it.
        """)

    @OptionGroup var target: TargetOptions
    @Option(help: "Connections.")
    var connections = 100
    @Option(help: "Bytes of a message.")
    var size = 32
    @Option(help: "Messages on the way on each connection.")
    var outstanding = 1
    @Option(help: "Seconds of measuring.")
    var seconds = 5.0
    @Option(help: "Seconds before it.")
    var warmup = 1.0
    @Flag(help: "Send text messages, which the server must check for UTF-8.")
    var text = false
    @Flag(help: "Compress (permessage-deflate without context takeover).")
    var deflate = false
    @Flag(help: "With --deflate: let the server keep its context.")
    var takeover = false

    func validate() throws {
      try Check.range("connections", connections, 1...1_000_000)
      try Check.range("size", size, 1...1 << 20)
      try Check.range("outstanding", outstanding, 1...1024)
      try Check.range("seconds", seconds, 0.1...3600)
      try Check.range("warmup", warmup, 0...600)
      if takeover, !deflate { throw ValidationError("--takeover needs --deflate.") }
    }

    func run() throws {
      let place = try target.echoTarget()
      let server = try target.server()
      if place.isBare, deflate || text { throw ValidationError("A bare server knows neither text nor compression.") }
      let traffic = try EchoTraffic(
        isBare: place.isBare, size: size, opcode: text ? 0x1 : 0x2, isCompressed: deflate, outstanding: outstanding)
      let loop = try LoadLoop()
      let load = EchoLoad(traffic, connections: connections, outstanding: outstanding)
      let opening = Opening(place, deflate: deflate ? (takeover ? .takeover : .noTakeover) : .none)
      try loop.open(connections, to: place, load) { _ in opening }
      if deflate { try load.probe(on: loop, keepsContext: takeover) }
      load.start(loop.links)
      loop.run(load, until: Monotonic.now() + UInt64(seconds: warmup)) { load.problems.count > 0 }
      load.startWindow()
      let meter = Meter(server)
      loop.run(load, until: Monotonic.now() + UInt64(seconds: seconds)) { load.problems.count > 0 }
      let span = meter.read()
      try load.problems.check("echo")
      guard load.messages > 0 else { throw BenchFailure("Not one message came back. Look at the server's log.") }
      report(load, span).show(json: target.json)
    }

    private func report(_ load: EchoLoad, _ span: Meter.Span) -> Report {
      var report = Report("echo")
      report.add("connections", "connections", connections)
      report.add("size", "message", size, "bytes")
      report.add("outstanding", "outstanding", outstanding)
      report.add("messages_per_s", "messages", Double(load.messages) / span.seconds, "/s")
      report.add("latency", "round trip", load.latency)
      if deflate {
        report.add("reply_bytes", "reply", Double(load.replyBytes) / Double(load.messages), "bytes", digits: 1)
      }
      span.add(to: &report, events: Double(load.messages), event: "message")
      return report
    }
  }
}
