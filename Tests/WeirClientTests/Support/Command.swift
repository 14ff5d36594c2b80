import Foundation

/// The built `weir`, run as a person or a script runs it.
struct Command {
  struct Result {
    var status: Int32
    var out: String
    var err: String
  }

  /// Runs `weir` with `arguments` to its end. `input` is all of its stdin.
  static func run(
    _ arguments: [String], input: String = "", environment: [String: String] = [:]
  ) async throws -> Result {
    let process = Process()
    process.executableURL = try binary()
    process.arguments = arguments
    var variables = ProcessInfo.processInfo.environment
    variables["WEIR_TOKEN"] = nil
    process.environment = variables.merging(environment) { $1 }
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stderr
    async let out = read(stdout)
    async let err = read(stderr)
    let status: Int32 = try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do {
        try process.run()
        stdin.fileHandleForWriting.write(Data(input.utf8))
        try stdin.fileHandleForWriting.close()
      } catch {
        process.terminationHandler = nil
        continuation.resume(throwing: error)
      }
    }
    return Result(status: status, out: await out, err: await err)
  }

  /// Reads on a thread of its own: it blocks until the process ends.
  private static func read(_ pipe: Pipe) async -> String {
    let handle = pipe.fileHandleForReading
    return await withCheckedContinuation { continuation in
      Thread { continuation.resume(returning: String(decoding: handle.readDataToEndOfFile(), as: UTF8.self)) }.start()
    }
  }

  /// Beside the test bundle, where the build puts it.
  private static func binary() throws -> URL {
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0])
    let url = bundle.deletingLastPathComponent().appendingPathComponent("weir")
    guard FileManager.default.isExecutableFile(atPath: url.path) else {
      throw Missing(path: url.path)
    }
    return url
  }

  struct Missing: Error, CustomStringConvertible {
    let path: String
    var description: String { "There is no program at \(path); build it with `swift build --product weir`." }
  }
}
