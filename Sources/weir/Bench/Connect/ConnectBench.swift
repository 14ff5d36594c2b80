import ArgumentParser

extension Bench {
  /// `weir bench connect`: upgrades a second and the server's CPU for each.
  struct Connect: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "connect",
      abstract: "Measure how fast connections are accepted and upgraded, and what each costs.",
      discussion: """
        In rounds: opens so many connections, some at a time, then closes all of them by the closing handshake. CPU is \
        measured for the two halves of the rounds apart.
        """)

    @OptionGroup var target: TargetOptions
    @Option(help: "Connections of one round.")
    var connections = 2000
    @Option(help: "Connections that are being opened at the same time.")
    var atOnce = 64
    @Option(help: "Seconds of measuring.")
    var seconds = 5.0
    @Flag(help: "Open each connection as a Weir device of a user of its own.")
    var devices = false

    func validate() throws {
      try Check.range("connections", connections, 1...100_000)
      try Check.range("at-once", atOnce, 1...4096)
      try Check.range("seconds", seconds, 0.1...3600)
    }

    func run() throws {
      let place = devices ? try target.weirTarget() : try target.echoTarget()
      let server = try target.server()
      let rounds = ConnectRounds(place, server, connections: connections, atOnce: atOnce, devices: devices)
      // The first round is not counted: it makes the server's memory grow to what the others need.
      try rounds.run()
      rounds.reset()
      let end = Monotonic.now() + UInt64(seconds: seconds)
      repeat { try rounds.run() } while Monotonic.now() < end
      rounds.report().show(json: target.json)
    }
  }
}
