import ArgumentParser
import Foundation
import NIOCore
import NIOPosix

extension FakeDelay: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }
  var defaultValueDescription: String { description }
}

/// `weir fake`: a provider to test against.
struct Fake: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fake",
    abstract: "Serve a fake of an OpenAI-compatible provider, with the faults you choose.",
    discussion: """
      Answers POST /v1/chat/completions (streamed or whole) and GET /v1/models. Point a server at it: \
      weir serve --upstream http://127.0.0.1:9200/v1 --model fake. A delay is 200ms, uniform:100ms-1s, \
      exponential:200ms (its mean) or lognormal:200ms:0.5 (its median and spread); a share is from 0 to 1.

      While it runs, GET /fake/settings shows how it behaves, POST /fake/settings with some of that JSON changes it, and \
      GET /fake/figures shows what it did.
      """)

  @Option(help: "TCP port; 0 lets the system choose one.")
  var port: UInt16 = 9200
  @Option(help: "Address to listen on.")
  var host = "127.0.0.1"
  @Option(help: "The model's name in GET /v1/models.")
  var model = "fake"
  @Option(help: "The delay from a request to its first token.")
  var firstToken = FakeSettings().firstToken
  @Option(help: "The delay from one token to the next.")
  var betweenTokens = FakeSettings().betweenTokens
  @Option(help: "Tokens of each answer, unless the request allows fewer.")
  var tokens = FakeSettings().tokens
  @Option(help: "Answers at once; more get 429 and Retry-After. 0: any number.")
  var concurrent = 0
  @Option(help: "Requests in any minute; more get 429 and Retry-After. 0: any number.")
  var requestsPerMinute = 0
  @Option(help: "Seconds in Retry-After beyond --concurrent.")
  var retryAfter = FakeSettings().retryAfterSeconds
  @Option(help: "Share of requests that fail with --error-status.")
  var errors = 0.0
  @Option(help: "The status of --errors.")
  var errorStatus = FakeSettings().errorStatus
  @Option(help: "Share of answers that stop coming in the middle.")
  var stalls = 0.0
  @Option(help: "Share of answers whose connection is cut.")
  var cuts = 0.0
  @Option(help: "Where --cuts cuts, in bytes of the body; 0: anywhere.")
  var cutAt = 0
  @Option(help: "Share of answers with garbage in the middle.")
  var garbage = 0.0
  @Flag(help: "Ignore requests for usage, as some providers do.")
  var noUsage = false
  @Option(help: "An outage begins after this time, such as 10s.")
  var downAfter: String?
  @Option(help: "How long the outage lasts, such as 30s.")
  var downFor = "30s"
  @Option(help: "After the outage, --concurrent grows back from 1 in this time.")
  var slowStart = "0s"
  @Option(help: "Of the random choices: the same seed and the same requests, the same faults.")
  var seed: UInt64 = 1
  @Option(help: "Seconds between lines with figures; 0: none.")
  var report = 5
  @Flag(help: "Print a line for each request.")
  var verbose = false

  func validate() throws {
    if let problem = try settings().problem { throw ValidationError("It cannot be: \(problem).") }
    try Check.range("report", report, 0...86_400)
  }

  private func settings() throws -> FakeSettings {
    var settings = FakeSettings()
    settings.firstToken = firstToken
    settings.betweenTokens = betweenTokens
    settings.tokens = tokens
    settings.concurrent = concurrent
    settings.requestsPerMinute = requestsPerMinute
    settings.retryAfterSeconds = retryAfter
    settings.errorShare = errors
    settings.errorStatus = errorStatus
    settings.stallShare = stalls
    settings.cutShare = cuts
    settings.cutAtByte = cutAt
    settings.garbageShare = garbage
    settings.usage = !noUsage
    settings.downAfterSeconds = try downAfter.map { try seconds("down-after", $0) }
    settings.downForSeconds = try seconds("down-for", downFor)
    settings.slowStartSeconds = try seconds("slow-start", slowStart)
    return settings
  }

  private func seconds(_ name: String, _ text: String) throws -> Double {
    guard let seconds = FakeDelay.seconds(text) else {
      throw ValidationError("--\(name) is a time such as 500ms, 10s or 5m, at most 1h; not \(text).")
    }
    return seconds
  }

  func run() async throws {
    let log: (@Sendable (String) -> Void)? = verbose ? { @Sendable line in Self.say(line) } : nil
    let server: FakeProvider.Server
    do {
      server = try await FakeProvider.listen(
        host: host, port: Int(port), try settings(), seed: seed, model: model,
        on: MultiThreadedEventLoopGroup.singleton.next(), log: log)
    } catch {
      throw Failing.exit("The fake provider could not start:", "\(error)", code: 71)
    }
    Self.say("weir fake: http://\(host):\(server.port)/v1 (Ctrl-C stops)")
    try await tell(of: server)
  }

  /// Prints figures until the process is ended.
  private func tell(of server: FakeProvider.Server) async throws {
    guard report > 0 else { return try await server.channel.closeFuture.get() }
    var before = FakeFigures()
    while true {
      try await Task.sleep(for: .seconds(report))
      let now = try await server.figures()
      // A provider that nobody talks to has nothing to tell.
      if now != before { Self.say(now.line(since: before, seconds: Double(report))) }
      before = now
    }
  }

  private static func say(_ line: String) {
    print(line)
    // Else lines wait in a buffer while a script waits for them.
    fflush(nil)
  }
}
