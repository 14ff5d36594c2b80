import ArgumentParser

extension Bench {
  /// `weir bench deflate`: what zlib alone costs.
  struct Deflate: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "deflate",
      abstract: "Measure zlib alone on the messages of `weir bench echo --deflate`.",
      discussion: """
        Each message is inflated and deflated again, as an echo server with permessage-deflate must do (RFC 7692), with \
        no socket and no frame: the least that such a server can cost. With --takeover there is a context for each of \
        --connections, as there is on a server; they take turns.
        """)

    @Option(help: "Bytes of a message.")
    var size = 1024
    @Option(help: "zlib's level, 1 to 9.")
    var level: Int32 = 1
    @Flag(help: "Keep the compressing context from message to message.")
    var takeover = false
    @Option(help: "Connections, each with its context if they are kept.")
    var connections = 100
    @Option(help: "Seconds of measuring.")
    var seconds = 2.0
    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
      try Check.range("size", size, 64...1 << 20)
      try Check.range("level", level, 1...9)
      try Check.range("connections", connections, 1...100_000)
      try Check.range("seconds", seconds, 0.1...3600)
    }

    func run() throws {
      let traffic = try (0..<EchoTraffic.compressedMessages).map { number in
        let payload = SampleText.json(bytes: size, number: UInt64(number))
        return (payload, try RawDeflate.compress(payload))
      }
      let contexts = try (0..<(takeover ? connections : 1)).map { _ in
        try ZlibContext(level: level, keepsContext: takeover)
      }
      let inflater = try RawInflate(keepsContext: false)
      // All messages once through all contexts before the clock starts, and each first result looked at.
      for context in contexts {
        guard let first = traffic[0].1.withUnsafeBytes({ inflater.inflate($0, limit: size) }), first == traffic[0].0
        else {
          throw BenchFailure("zlib did not give back what it was given.")
        }
        // A window that is not full yet holds less to search through.
        for (_, message) in traffic { _ = context.echo(message, size: size) }
      }
      let (start, startCPU) = (Monotonic.now(), Monotonic.ownCPU())
      let end = start + UInt64(seconds: seconds)
      var messages = 0
      var bytes = 0
      while Monotonic.now() < end {
        for context in contexts {
          // Whole rounds, so that a context sees the messages one after the other, as a connection does.
          for step in 0..<(takeover ? 1 : traffic.count) {
            let message = traffic[(messages / contexts.count + step) % traffic.count].1
            bytes += context.echo(message, size: size)
          }
          messages += takeover ? 1 : traffic.count
        }
      }
      let cpu = (Monotonic.ownCPU() - startCPU).inSeconds
      var report = Report("deflate")
      report.add("messages_per_s", "messages", Double(messages) / (Monotonic.now() - start).inSeconds, "/s")
      report.add("server_us_per_message", "CPU per message", cpu / Double(messages) * 1e6, "µs", digits: 3)
      report.add("reply_bytes", "deflated", Double(bytes) / Double(messages), "bytes", digits: 1)
      report.show(json: json)
    }
  }
}
