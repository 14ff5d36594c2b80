import Foundation

/// A program that runs beside the test. What it prints is gathered, and its end can be waited for.
final class ChildProcess: Sendable {
  /// What is known of it.
  struct State: Sendable {
    var out = ""
    var err = ""
    var openPipes = 2
    var exit: Exit?
    /// It has ended and everything it printed is here.
    var isOver: Bool { exit != nil && openPipes == 0 }
  }

  /// How it ended.
  enum Exit: Sendable, Equatable {
    case code(Int32)
    case signal(Int32)
  }

  /// The end of a program and all it printed.
  struct Result: Sendable {
    let exit: Exit
    let out: String
    let err: String
    let elapsed: Duration
  }

  let state: Watched<State>
  let pid: pid_t
  private let started = ContinuousClock.now

  /// Starts `program`. Variables that change what Weir or libcurl do are not inherited; `environment` is added.
  init(_ program: String, _ arguments: [String], environment: [String: String] = [:], directory: String? = nil) throws {
    let name = (program as NSString).lastPathComponent
    let state = Watched(State()) { "\(name) \($0.exit.map { "ended with \($0)" } ?? "runs")\n\($0.out)\n\($0.err)" }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = Self.cleanEnvironment().merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let (out, err) = (Pipe(), Pipe())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = out
    process.standardError = err
    process.terminationHandler = { ended in
      let status = ended.terminationStatus
      state.update { $0.exit = ended.terminationReason == .exit ? .code(status) : .signal(status) }
    }
    try process.run()
    pid = process.processIdentifier
    self.state = state
    Self.read(out) { bytes in
      state.update { $0.out += bytes }
    } atEnd: {
      state.update { $0.openPipes -= 1 }
    }
    Self.read(err) { bytes in
      state.update { $0.err += bytes }
    } atEnd: {
      state.update { $0.openPipes -= 1 }
    }
  }

  /// A test that has failed leaves nothing running.
  deinit { signal(SIGKILL) }

  /// Runs `program` to its end.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], within limit: Duration = .seconds(60)
  ) async throws -> Result {
    let child = try ChildProcess(program, arguments, environment: environment)
    return try await child.result(within: limit)
  }

  /// Waits for the end. A program that does not end in time is killed.
  func result(within limit: Duration = .seconds(60)) async throws -> Result {
    do {
      return try await state.first("the end of the program", within: limit) { [started] state in
        guard let exit = state.exit, state.isOver else { return nil }
        return Result(exit: exit, out: state.out, err: state.err, elapsed: ContinuousClock.now - started)
      }
    } catch {
      signal(SIGKILL)
      throw error
    }
  }

  /// Sends a signal, unless the program has ended.
  func signal(_ number: Int32) {
    state.update { state in
      // Its number may belong to another program by now.
      if state.exit == nil { kill(pid, number) }
    }
  }

  private static func read(
    _ pipe: Pipe, _ got: @escaping @Sendable (String) -> Void, atEnd: @escaping @Sendable () -> Void
  ) {
    let handle = pipe.fileHandleForReading
    // A thread of its own: it blocks until the program ends.
    Thread {
      var carried = Data()
      while true {
        let data = handle.availableData
        if data.isEmpty { break }
        carried += data
        // A character may be cut by the end of what was read.
        if let text = String(data: carried, encoding: .utf8) {
          carried = Data()
          got(text)
        }
      }
      if !carried.isEmpty { got(String(decoding: carried, as: UTF8.self)) }
      atEnd()
    }.start()
  }

  private static func cleanEnvironment() -> [String: String] {
    let proxies: Set = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]
    return ProcessInfo.processInfo.environment.filter { name, _ in
      !name.hasPrefix("WEIR_") && !name.hasPrefix("OPENAI_") && !proxies.contains(name.lowercased())
    }
  }
}
