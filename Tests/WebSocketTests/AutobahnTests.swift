import Foundation
import Testing

/// Autobahn|Testsuite's fast sections, both roles, by way of `Tests/autobahn/run`; CI runs that with all cases.
@Suite struct AutobahnTests {
  @Test("Autobahn finds nothing wrong with server and client", .timeLimit(.minutes(10)))
  func quickSections() throws {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../autobahn/run").standardizedFileURL
    let output = Pipe()
    let run = Process()
    run.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    run.arguments = ["python3", script.path, try weir().path, "--quick"]
    run.standardOutput = output
    run.standardError = output
    try run.run()
    let report = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    run.waitUntilExit()
    switch run.terminationStatus {
    case 0: print(report)
    case 77, 127:
      // Neither a pass nor, on a newcomer's machine, a failure: a warning that cannot be overlooked. CI must have it.
      let isCI = ProcessInfo.processInfo.environment["CI"] != nil
      Issue.record("Autobahn|Testsuite was not run: \(report)", severity: isCI ? .error : .warning)
    default: Issue.record("\(report)")
    }
  }

  /// The command that was built beside this test.
  private func weir() throws -> URL {
    let tests = try #require(Bundle.main.executableURL ?? CommandLine.arguments.first.map(URL.init(fileURLWithPath:)))
    let weir = tests.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("weir")
    try #require(FileManager.default.isExecutableFile(atPath: weir.path), "\(weir.path) is missing: run swift build")
    return weir
  }
}
