import Foundation
import NIOConcurrencyHelpers
import Testing
import WeirWire

/// A server that is attacked, beside a device of somebody else. What an attack may change is stated and measured: the
/// server's memory while it goes on and after it, and how long the other device waits for its answers.
final class Siege: Sendable {
  /// What one attack did to the server.
  struct Outcome: Sendable {
    /// More memory at the worst moment than before, in bytes.
    let peak: Int
    /// More memory after it than before, in bytes.
    let growth: Int
    /// The slowest round trip of the other device but for one in a hundred.
    let bystanderP99: Duration
  }

  /// A busy machine makes round trips this long by itself: attackers, server and bystander share its cores. A debug build
  /// takes many times as long over each byte of an attack.
  private static let patience = Duration.milliseconds(TestRun.isFull ? 1000 : 1500)
  /// What the allocator and the measuring itself (a scrape of the figures, pages of code that were not needed before) move
  /// the figures by.
  static let noise = 1 << 20
  /// The largest message of the default configuration and what may be held beyond it.
  static let message = (1 << 20) + (64 << 10)

  let server: ServerProcess
  private let bystander: Device
  private let calm: Duration

  private init(_ server: ServerProcess, _ bystander: Device, calm: Duration) {
    self.server = server
    self.bystander = bystander
    self.calm = calm
  }

  /// Runs `body` against a server of its own, and looks afterwards whether the server and its other device are well.
  static func lay(
    _ arguments: [String] = ServerProcess.fastDemo, environment: [String: String] = [:],
    _ body: (Siege) async throws -> Void
  ) async throws {
    try await withServer(arguments, environment: environment) { server in
      let bystander = try await Device.connect(server, user: "bystander")
      #expect(try await bystander.converse("good morning", in: "talk").finished != nil)
      let calm = try await roundTrips(of: bystander, count: 200)
      try await body(Siege(server, bystander, calm: percentile(99, of: calm)))
      #expect(try await bystander.converse("good evening", in: "talk").finished != nil)
      #expect(try await bystander.history(of: "talk").count == 4)
      #expect(bystander.state.value.close == nil)
    }
  }

  /// Runs an attack twice, so that what is made only once is there the second time, and holds the second time against
  /// `peak` bytes at the worst moment, the memory before it, and the waits of the other device. `kept`: what the allocator
  /// may keep for the next time, where that is more than 5 % of the memory before.
  @discardableResult
  func attack(
    _ name: String, peak limit: Int = message, kept: Int = 0, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
  ) async throws -> Outcome {
    try await body()
    try await isAlone()
    let before = try server.residentBytes()
    try server.forgetPeak()
    let waits = NIOLockedValueBox<[Duration]>([])
    let bystander = bystander
    let pings = Task {
      while !Task.isCancelled {
        let wait = try await Self.roundTrips(of: bystander, count: 1)
        waits.withLockedValue { $0 += wait }
      }
    }
    do {
      try await body()
    } catch {
      pings.cancel()
      throw error
    }
    try await isAlone()
    pings.cancel()
    _ = await pings.result
    let outcome = Outcome(
      peak: try server.peakResidentBytes() - before, growth: try server.residentBytes() - before,
      bystanderP99: Self.percentile(99, of: waits.withLockedValue { $0 }))
    #expect(
      outcome.peak <= limit + Self.noise, "\(name): \(outcome.peak >> 10) KiB more at the worst moment",
      sourceLocation: sourceLocation)
    #expect(
      outcome.growth <= max(before / 20, kept),
      "\(name): \(outcome.growth >> 10) KiB more afterwards than \(before >> 10) KiB",
      sourceLocation: sourceLocation)
    #expect(
      outcome.bystanderP99 <= max(calm * 2, Self.patience),
      "\(name): another device waited \(outcome.bystanderP99), \(calm) before", sourceLocation: sourceLocation)
    return outcome
  }

  /// Waits until no connection but the other device's is left.
  func isAlone() async throws {
    try await server.waitForMetric("weir_connections_open") { $0 == 1 }
  }

  private static func roundTrips(of device: Device, count: Int) async throws -> [Duration] {
    var waits: [Duration] = []
    for nonce in 0..<count {
      let sent = ContinuousClock.now
      guard case .pong = try await device.ask(.ping(Ping(nonce: UInt64(nonce)))) else { continue }
      waits.append(ContinuousClock.now - sent)
    }
    return waits
  }

  private static func percentile(_ percent: Int, of waits: [Duration]) -> Duration {
    let sorted = waits.sorted()
    return sorted.isEmpty ? .zero : sorted[min(sorted.count - 1, sorted.count * percent / 100)]
  }
}

extension ServerProcess {
  /// From now on `peakResidentBytes` counts anew (proc_pid_clear_refs(5)).
  func forgetPeak() throws {
    try "5".write(toFile: "/proc/\(child.pid)/clear_refs", atomically: false, encoding: .utf8)
  }

  /// The most memory the kernel had given it at once since `forgetPeak`, in bytes; 0 where that says nothing.
  func peakResidentBytes() throws -> Int {
    if TestRun.isMemoryUnknown { return 0 }
    let status = try String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)
    guard let line = status.firstMatch(of: #/VmHWM:\s+(\d+) kB/#), let kibibytes = Int(line.1) else { return 0 }
    return kibibytes * 1024
  }

  /// The processor time that all its threads have had.
  func processorTime() throws -> Duration {
    let tasks = "/proc/\(child.pid)/task"
    var nanoseconds: Int64 = 0
    for task in try FileManager.default.contentsOfDirectory(atPath: tasks) {
      // A thread may have ended since the directory was read.
      guard let line = try? String(contentsOfFile: "\(tasks)/\(task)/schedstat", encoding: .utf8) else { continue }
      nanoseconds += line.split(separator: " ").first.flatMap { Int64($0) } ?? 0
    }
    return .nanoseconds(nanoseconds)
  }

  /// How many descriptors it has open.
  func descriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child.pid)/fd").count
  }
}
