import Foundation
import Testing

/// The Python with which clients that share no code with ours are run. `Tests/run` makes its environment.
enum Python {
  /// What a test needs beyond the standard library.
  enum Module: String {
    case websockets
    case openai
    case protoc = "grpc_tools"
    case playwright
    case pyte
  }

  /// Of the environment that `WEIR_TEST_VENV` names, else the one that `Tests/run` makes, else of the path.
  static let path: String = {
    let named = ProcessInfo.processInfo.environment["WEIR_TEST_VENV"]
    let candidates = [named, "\(TestRun.repository)/.build-tools/venv"].compactMap { $0.map { "\($0)/bin/python3" } }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "/usr/bin/env"
  }()

  private static let prefix = path.hasSuffix("/env") ? ["python3"] : []

  /// Whether a test that needs these modules is to run. In CI always: what is missing there is a failure.
  static func runs(_ modules: Module...) -> Bool {
    if TestRun.isCI { return true }
    let probe = Process()
    probe.executableURL = URL(fileURLWithPath: path)
    probe.arguments = prefix + ["-c", modules.map { "import \($0.rawValue)" }.joined(separator: "\n")]
    probe.standardError = FileHandle.nullDevice
    do {
      try probe.run()
    } catch {
      return false
    }
    probe.waitUntilExit()
    return probe.terminationStatus == 0
  }

  /// Runs a script of `Tests/system` to its end.
  static func run(
    _ script: String, _ arguments: [String] = [], within limit: Duration = .seconds(120)
  ) async throws -> ChildProcess.Result {
    try await ChildProcess.run(
      path, prefix + ["\(TestRun.repository)/Tests/system/\(script)"] + arguments,
      environment: ["PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"], within: limit)
  }

  /// Starts a script of `Tests/system` that goes on beside the test.
  static func start(_ script: String, _ arguments: [String] = []) throws -> ChildProcess {
    try ChildProcess(
      path, prefix + ["\(TestRun.repository)/Tests/system/\(script)"] + arguments,
      environment: ["PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"])
  }
}
