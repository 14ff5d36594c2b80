import ArgumentParser
import Glibc
import Synchronization

extension Bench {
  /// `weir bench upstream`: a mock provider.
  struct Upstream: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "upstream",
      abstract: "Serve a mock of an OpenAI-compatible API that streams stamped tokens.",
      discussion: """
        POST /v1/chat/completions is answered with a stream of 266-byte events, one 24-byte token each, that say when \
        they were sent. A question with [[tokens=N rate=N delay=Nms]] changes the answer as it changes the demo \
        model's. SIGTERM or SIGINT ends it with its own figures: "late" is how much later than due tokens left, and \
        must be far below what is measured behind it.
        """)

    @Option(help: "TCP port on 127.0.0.1.")
    var port: UInt16 = 9100
    @Option(help: "Tokens a second of each answer; 0: as fast as they are taken.")
    var rate = 50.0
    @Option(help: "Tokens of each answer.")
    var tokens = 500
    @Option(help: "Milliseconds before the first token.")
    var delay = 0
    @Flag(help: "Print the figures as one line of JSON.")
    var json = false

    func validate() throws {
      try Check.range("rate", rate, 0...1_000_000)
      try Check.range("tokens", tokens, 0...1_000_000)
      try Check.range("delay", delay, 0...3_600_000)
    }

    func run() throws {
      try TCPSocket.allowDescriptors(16_384)
      for number in [SIGINT, SIGTERM] {
        signal(number) { _ in MockProvider.stopRequested.store(true, ordering: .relaxed) }
      }
      let answer = MockAnswer(tokens: tokens, rate: rate, delay: UInt64(delay) * 1_000_000)
      let provider = try MockProvider(port: port, answer)
      print("weir bench upstream: http://127.0.0.1:\(port)/v1 (Ctrl-C stops)")
      fflush(nil)
      provider.run()
      provider.report().show(json: json)
    }
  }
}
