import Foundation

/// The Python that runs `Tests/wire/conformance`: protoc's generated code, made from `schemas/` at run time.
enum PythonChecker {
  static let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let howToGetIt: String =
    "No Python with grpcio-tools: python3 -m venv .build-wire && .build-wire/bin/pip install grpcio-tools "
    + "(or name another such environment in WEIR_TEST_VENV)"

  /// In CI a missing Python is a failure, elsewhere the test says that it did not run.
  static var isRequired: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }

  /// A Python that has grpcio-tools: of `WEIR_TEST_VENV`, else of `.build-wire`, else the system's.
  static func find() async throws -> String? {
    let environment = ProcessInfo.processInfo.environment
    let places = [environment["WEIR_TEST_VENV"], repository.appending(path: ".build-wire").path()]
    let candidates = places.compactMap { $0.map { "\($0)/bin/python" } } + ["/usr/bin/python3"]
    for python in candidates where FileManager.default.isExecutableFile(atPath: python) {
      if try await run(python, ["-c", "import grpc_tools.protoc"]).status == 0 { return python }
    }
    return nil
  }

  /// Runs the script on the vectors and gives its own vectors, or what it complained about.
  static func exchange(_ vectors: [String], seed: UInt64) async throws -> Exchange {
    guard let python = try await find() else { return .failed(howToGetIt) }
    let directory = FileManager.default.temporaryDirectory.appending(path: "weir-wire-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let ours = directory.appending(path: "swift.tsv")
    let theirs = directory.appending(path: "python.tsv")
    try Data(vectors.map { $0 + "\n" }.joined().utf8).write(to: ours)
    let result = try await run(
      python,
      [
        repository.appending(path: "Tests/wire/conformance").path(), "--schemas",
        repository.appending(path: "schemas").path(),
        "--check", ours.path(), "--write", theirs.path(), "--seed", "\(seed)",
      ])
    if result.status != 0 { return .failed(result.output) }
    return .vectors(try String(contentsOf: theirs, encoding: .utf8).split(separator: "\n").map(String.init))
  }

  enum Exchange {
    case vectors([String])
    case failed(String)
  }

  private static func run(_ program: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
    let log = FileManager.default.temporaryDirectory.appending(path: "weir-wire-\(UUID().uuidString).log")
    try Data().write(to: log)
    defer { try? FileManager.default.removeItem(at: log) }
    let output = try FileHandle(forWritingTo: log)
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    let status = try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Int32, any Error>) in
      process.terminationHandler = { ended.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { ended.resume(throwing: error) }
    }
    try output.close()
    return (status, try String(contentsOf: log, encoding: .utf8))
  }
}
