import Foundation

/// The built program.
enum Weir {
  struct Missing: Error, CustomStringConvertible {
    let path: String
    var description: String { "There is no program at \(path); build it with `swift build --product weir`." }
  }

  /// `WEIR_BINARY`, or what the build has put beside the test bundle.
  static func binary() throws -> String {
    let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "weir").path
    let path = ProcessInfo.processInfo.environment["WEIR_BINARY"] ?? beside
    guard FileManager.default.isExecutableFile(atPath: path) else { throw Missing(path: path) }
    return path
  }

  /// Runs `weir` with `arguments` to its end.
  static func run(
    _ arguments: String..., environment: [String: String] = [:], within limit: Duration = .seconds(60)
  ) async throws -> ChildProcess.Result {
    try await ChildProcess.run(try binary(), arguments, environment: environment, within: limit)
  }
}

/// What this run of the tests is to cover.
enum TestRun {
  private static let environment = ProcessInfo.processInfo.environment
  /// All rounds and all clients, as CI runs them.
  static let isFull = environment["WEIR_TEST_ALL"] != nil
  /// Address Sanitizer keeps what was freed, to catch who uses it: its memory is most of the process's.
  static let isMemoryUnknown = environment["WEIR_TEST_SANITIZER"] == "address"
  /// Where a missing tool is a failure and not a reason to skip.
  static let isCI = environment["CI"] == "true"
  /// Of the random choices; printed by whoever uses it. `WEIR_SYSTEM_SEED` names another.
  static let seed = environment["WEIR_SYSTEM_SEED"].flatMap { UInt64($0) } ?? 20_261_121
  /// The top of the sources.
  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
}
