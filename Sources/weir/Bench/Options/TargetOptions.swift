import ArgumentParser

/// What all measurements of a server share.
struct TargetOptions: ParsableArguments {
  @Option(help: ArgumentHelp("ws://HOST:PORT/PATH of the server; tcp://HOST:PORT for one without any protocol."))
  var url: String?

  @Option(
    help: ArgumentHelp("The server's process, whose CPU and memory are measured; may be repeated.", valueName: "pid"))
  var serverPid: [Int32] = []

  @Flag(help: "Print one line of JSON.")
  var json = false

  /// The place of `weir echo`, unless told otherwise.
  func echoTarget() throws(BenchFailure) -> Target { try Target(url ?? "ws://127.0.0.1:9001/") }

  /// The place of `weir serve`, unless told otherwise.
  func weirTarget() throws(BenchFailure) -> Target {
    let target = try Target(url ?? "ws://127.0.0.1:8080/")
    guard target.scheme == .webSocket else { throw BenchFailure("Devices speak WebSocket. Give --url ws://...") }
    return target
  }

  /// The place of an API like OpenAI's.
  func apiTarget() throws(BenchFailure) -> Target {
    let target = try Target(url ?? "http://127.0.0.1:8080/v1/chat/completions")
    guard target.scheme == .http else { throw BenchFailure("Events come over HTTP. Give --url http://...") }
    return target
  }

  func server() throws(BenchFailure) -> ServerProcess? { try ServerProcess(serverPid) }
}

/// Checks that options share.
enum Check {
  static func range<T: Comparable & CustomStringConvertible>(
    _ name: String, _ value: T, _ range: ClosedRange<T>
  ) throws {
    guard range.contains(value) else {
      throw ValidationError("--\(name) is \(range.lowerBound) to \(range.upperBound), not \(value).")
    }
  }
}
