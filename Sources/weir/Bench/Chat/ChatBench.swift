import ArgumentParser

extension Bench {
  /// `weir bench chat`: answers streamed to many devices at once.
  struct Chat: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "chat",
      abstract: "Measure answers streaming to many devices of a Weir server.",
      discussion: """
        Each device is a user of its own, sends one message and reads the answer to its end: no byte may be missing or \
        come twice. The message tells the demo model, or `weir bench upstream`, how long and how fast to answer; give \
        --prompt for a real model. The figures are of the time in which all answers stream. Behind `weir bench \
        upstream` the tokens say when they were sent: "lag" is the time from there to here.

        --speech measures others on the same job, in front of `weir bench upstream` only: "text" is a WebSocket relay \
        that takes a question as a text message and sends each piece of the answer as one, "events" is OpenAI's own API, \
        POST /v1/chat/completions with "stream": true at an http:// URL (a gateway, or the provider itself).
        """)

    @OptionGroup var target: TargetOptions
    @Option(help: "Devices, each of a user of its own.")
    var devices = 1000
    @Option(help: "Tokens a second of each answer; 0: as fast as they are taken.")
    var rate = 50.0
    @Option(help: "Tokens of each answer.")
    var tokens = 500
    @Option(help: "Seconds between the first and the last message.")
    var ramp = 1.0
    @Option(help: "At most so many seconds of measuring.")
    var seconds = 30.0
    @Option(help: "How to ask: weir, text or events.")
    var speech = ChatSpeech.weir
    @Option(help: "Give up on answers after so many seconds. (default: half as long again as they should take, and 30)")
    var limit: Double?
    @Option(help: "Ask this, with no word on length and speed: for real models.")
    var prompt: String?

    func validate() throws {
      try Check.range("devices", devices, 1...1_000_000)
      try Check.range("rate", rate, 0...1_000_000)
      try Check.range("tokens", tokens, 1...1_000_000)
      try Check.range("ramp", ramp, 0...3600)
      try Check.range("seconds", seconds, 0.1...3600)
      try Check.range("limit", limit ?? 1, 0.1...3600)
      if speech != .weir, prompt != nil {
        throw ValidationError(
          "--prompt needs --speech weir: only Weir says when an answer of unknown length has ended.")
      }
    }

    func run() throws {
      let place = speech.isEvents ? try target.apiTarget() : try target.weirTarget()
      var plan = ChatPlan(
        devices: devices, rate: rate, tokens: tokens, rampSeconds: ramp, seconds: seconds, prompt: prompt)
      plan.speech = speech
      plan.limit = limit
      let load = ChatLoad(plan, on: try LoadLoop(), try target.server())
      try load.connect(to: place)
      let result = try load.run()
      var report = Report("chat")
      report.add("devices", "devices", devices)
      if prompt == nil {
        report.add("rate", "tokens asked for", rate, "/s each", digits: 1)
        report.add("tokens", "tokens of an answer", tokens)
      }
      result.add(to: &report)
      report.show(json: target.json)
    }
  }
}
