import Foundation
import Testing

/// C code that stands between a server and the system, and makes the system fail on command. It is built when it is first
/// needed, by the compiler of the Swift toolchain or the system's own.
enum FaultShim {
  /// The code could not be built.
  struct NotBuilt: Error, CustomStringConvertible {
    let name: String
    let err: String
    var description: String { "Tests/system/faults/\(name).c does not compile: \(err)" }
  }

  private static let compilers = ["/usr/bin/clang", "/opt/swift/usr/bin/clang", "/usr/bin/cc", "/usr/bin/gcc"]

  /// Whether there is a compiler.
  static let isPossible = compiler != nil

  private static let compiler: String? = {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let found = path.split(separator: ":").map { "\($0)/clang" }
    return (found + compilers).first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  /// Builds the shim `name` into `directory` and returns what `LD_PRELOAD` is to be.
  static func build(_ name: String, in directory: TemporaryDirectory) async throws -> String {
    let library = directory.file("\(name).so")
    let source = "\(TestRun.repository)/Tests/system/faults/\(name).c"
    let arguments = ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
    let result = try await ChildProcess.run(try #require(compiler), arguments)
    guard result.exit == .code(0) else { throw NotBuilt(name: name, err: result.err) }
    return library
  }
}

/// A disk that fails on command: see `Tests/system/faults/disk.c`.
struct FaultyDisk {
  enum Fault: String, CaseIterable {
    case sync = "fail-sync"
    case write = "fail-write"
    case space = "fail-space"
  }

  /// For the server.
  let environment: [String: String]
  let data: String
  private let orders: String

  init(in directory: TemporaryDirectory) async throws {
    orders = directory.file("orders")
    data = directory.file("stored")
    try FileManager.default.createDirectory(atPath: orders, withIntermediateDirectories: false)
    environment = [
      "LD_PRELOAD": try await FaultShim.build("disk", in: directory), "FAULT_ORDERS": orders, "FAULT_PATHS": data,
    ]
  }

  /// From now on this happens.
  func begin(_ fault: Fault) throws { try Data().write(to: URL(fileURLWithPath: "\(orders)/\(fault.rawValue)")) }

  /// The disk is well again.
  func mend() throws {
    for fault in Fault.allCases {
      let path = "\(orders)/\(fault.rawValue)"
      if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    }
  }

  /// How many syncs were made to fail.
  var failedSyncs: Int { (try? Data(contentsOf: URL(fileURLWithPath: "\(orders)/syncs")).count) ?? 0 }
}

/// A wall clock that jumps on command: see `Tests/system/faults/clock.c`.
struct JumpingClock {
  /// For the server.
  let environment: [String: String]
  private let file: FileHandle

  /// `offset`: seconds that the clock is ahead at first.
  init(in directory: TemporaryDirectory, offset: Int64 = 0) async throws {
    let path = directory.file("clock")
    try Data(count: 8).write(to: URL(fileURLWithPath: path))
    file = try #require(FileHandle(forWritingAtPath: path))
    environment = ["LD_PRELOAD": try await FaultShim.build("clock", in: directory), "CLOCK_SHIFT": path]
    try set(offset)
  }

  /// The clock is so many seconds ahead from now on.
  func set(_ offset: Int64) throws {
    try file.seek(toOffset: 0)
    // One write of eight bytes: the server sees the old number or the new one.
    try file.write(contentsOf: withUnsafeBytes(of: offset) { Data($0) })
  }
}

/// A listening socket that gives connections out, or fails with an error: see `Tests/system/faults/accept.c`.
struct FaultyListener {
  /// For the server.
  let environment: [String: String]
  private let file: String

  init(in directory: TemporaryDirectory) async throws {
    file = directory.file("accept-error")
    environment = ["LD_PRELOAD": try await FaultShim.build("accept", in: directory), "ACCEPT_ERROR": file]
    try fail(with: 0)
  }

  /// From now on accept4 fails with this errno; 0: it works.
  func fail(with errno: Int32) throws { try Data("\(errno)".utf8).write(to: URL(fileURLWithPath: file)) }
}
