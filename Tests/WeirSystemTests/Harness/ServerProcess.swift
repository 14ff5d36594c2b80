import Foundation

/// `weir serve` in a process of its own, on a port that the system chose.
final class ServerProcess: Sendable {
  /// The server ended before it was up.
  struct DidNotStart: Error, CustomStringConvertible {
    let exit: ChildProcess.Exit
    let err: String
    var description: String { "weir serve ended with \(exit): \(err)" }
  }

  /// Settings under which the demo model answers at once, for tests that are not about its speed.
  static let fastDemo = ["--demo-rate", "0", "--demo-delay", "0ms", "--demo-tokens", "8"]

  let child: ChildProcess
  let port: Int
  let isSecure: Bool

  private init(child: ChildProcess, port: Int, isSecure: Bool) {
    self.child = child
    self.port = port
    self.isSecure = isSecure
  }

  /// Starts a server and waits until it says where it is. `shell` are words that run it in surroundings of its own.
  static func start(
    data: String, port: Int = 0, _ arguments: [String] = [], environment: [String: String] = [:], shell: [String] = []
  ) async throws -> ServerProcess {
    let command = shell + [try Weir.binary(), "serve", "--port", "\(port)", "--data", data] + arguments
    let child = try ChildProcess(command[0], Array(command.dropFirst()), environment: environment)
    let place = try await child.state.first("\"Weir is up\"") { state -> Swift.Result<(Int, Bool), DidNotStart>? in
      // It says what to type next when everything else has been said.
      if state.out.contains("Next:"), let url = state.out.firstMatch(of: #/(wss?)://[^\s/]*:(\d+)//#),
        let port = Int(url.2)
      {
        return .success((port, url.1 == "wss"))
      }
      guard let exit = state.exit, state.isOver else { return nil }
      return .failure(DidNotStart(exit: exit, err: state.err))
    }.get()
    return ServerProcess(child: child, port: place.0, isSecure: place.1)
  }

  /// Where devices connect.
  var url: String { "\(isSecure ? "wss" : "ws")://127.0.0.1:\(port)/" }

  /// Ends it as a power cut ends it, and waits until it is gone.
  func killNow() async throws {
    child.signal(SIGKILL)
    _ = try await child.result()
  }

  /// Asks it to stop, and waits until it has.
  func terminate(within limit: Duration = .seconds(30)) async throws -> ChildProcess.Result {
    let asked = ContinuousClock.now
    child.signal(SIGTERM)
    let result = try await child.result(within: limit)
    return .init(exit: result.exit, out: result.out, err: result.err, elapsed: ContinuousClock.now - asked)
  }

  /// What the kernel has given it in memory, in bytes; 0 where that says nothing.
  func residentBytes() throws -> Int {
    if TestRun.isMemoryUnknown { return 0 }
    let status = try String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)
    guard let line = status.firstMatch(of: #/VmRSS:\s+(\d+) kB/#), let kibibytes = Int(line.1) else { return 0 }
    return kibibytes * 1024
  }

  /// A figure from `/metrics`; labels and all after the name must be given as they are printed.
  func metric(_ name: String) async throws -> Double {
    let page = try await HTTPReply.get("/metrics", port: port).body
    let line = page.split(separator: "\n").first { $0.hasPrefix(name + " ") }
    guard let value = line.flatMap({ Double($0.dropFirst(name.count + 1)) }) else {
      throw HTTPReply.Unexpected(what: "there is no \(name) in /metrics")
    }
    return value
  }

  /// Waits until a figure from `/metrics` is as wished.
  func waitForMetric(_ name: String, within limit: Duration = .seconds(20), _ isWished: (Double) -> Bool) async throws {
    try await poll("\(name) of the wished value", within: limit) { [self] in
      isWished(try await metric(name)) ? () : nil
    }
  }
}

/// Runs `body` with a server that ends when `body` does. Without `data` it has a directory of its own.
func withServer<Result>(
  _ arguments: [String] = ServerProcess.fastDemo, data: String? = nil, port: Int = 0,
  environment: [String: String] = [:], _ body: (ServerProcess) async throws -> Result
) async throws -> Result {
  let directory = try TemporaryDirectory()
  let server = try await ServerProcess.start(
    data: data ?? directory.file("data"), port: port, arguments, environment: environment)
  do {
    let result = try await body(server)
    try await server.killNow()
    return result
  } catch {
    server.child.signal(SIGKILL)
    _ = try? await server.child.result()
    throw error
  }
}

/// Asks again until there is an answer: for what only the server can see. The pause keeps the asking from being the load.
func poll<Found>(
  _ what: String, within limit: Duration = .seconds(20), _ look: () async throws -> Found?
) async throws -> Found {
  let end = ContinuousClock.now + limit
  while ContinuousClock.now < end {
    if let found = try await look() { return found }
    try await Task.sleep(for: .milliseconds(20))
  }
  throw TimedOut(what: what, limit: limit, state: "")
}
