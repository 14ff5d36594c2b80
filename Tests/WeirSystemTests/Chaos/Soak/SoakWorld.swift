import Foundation
import NIOConcurrencyHelpers
import WeirWire

/// The server, its provider, and what happens to them.
final class SoakWorld: Sendable {
  private struct State {
    var server: ServerProcess
    var provider: FakeProvider
    var tally = SoakTally()
    /// Whom a failing network takes the connections from.
    var devices: [ObjectIdentifier: Device] = [:]
    /// The server is stopped or away on purpose: it cannot be asked how it is.
    var isAway = false
  }

  let plan: SoakPlan
  let port: Int
  /// The provider's whole answer.
  let whole: String
  let start = ContinuousClock.now
  private let data: String
  private let state: NIOLockedValueBox<State>

  private init(_ plan: SoakPlan, _ server: ServerProcess, _ provider: FakeProvider, data: String, whole: String) {
    self.plan = plan
    self.data = data
    self.whole = whole
    port = server.port
    state = NIOLockedValueBox(State(server: server, provider: provider))
  }

  static func start(_ plan: SoakPlan, in directory: TemporaryDirectory) async throws -> SoakWorld {
    let provider = try await FakeProvider.start(providerArguments(plan, port: 0))
    let data = directory.file("data")
    let server = try await serve(data, port: 0, provider)
    // What it says when nothing goes wrong is what it says whenever it is asked.
    let device = try await Device.connect(server, user: "reference")
    let whole = try await device.converse("hello").text
    device.abort()
    try await provider.set(faults)
    return SoakWorld(plan, server, provider, data: data, whole: whole)
  }

  private static let faults = #"{"errorShare": 0.02, "cutShare": 0.02, "cutAtByte": 0}"#

  private static func providerArguments(_ plan: SoakPlan, port: Int) -> [String] {
    [
      "--port", "\(port)", "--first-token", "20ms", "--between-tokens", "8ms", "--tokens", "\(plan.tokens)", "--seed",
      "\(plan.seed)",
    ]
  }

  private static func serve(_ data: String, port: Int, _ provider: FakeProvider) async throws -> ServerProcess {
    let arguments =
      provider.arguments + [
        "--set", "sessions.idleEviction=10s", "--set", "streaming.logRetention=5s", "--set", "data.cacheBytes=8MiB",
        // Small, so that they are full before it is looked whether anything grows.
        "--set", "data.writeBufferBytes=4MiB", "--set", "upstream.stallTimeout=10s", "--set", "retry.budgetPercent=50",
      ]
    return try await ServerProcess.start(data: data, port: port, arguments)
  }

  var isOver: Bool { ContinuousClock.now - start >= plan.length }
  var tally: SoakTally { state.withLockedValue { $0.tally } }
  private var server: ServerProcess { state.withLockedValue { $0.server } }

  func count(_ change: (inout SoakTally) -> Void) { state.withLockedValue { change(&$0.tally) } }

  func broke(_ promise: String) {
    let time = Int((ContinuousClock.now - start) / .seconds(1))
    print("soak: PROMISE BROKEN after \(time) s: \(promise)")
    fflush(nil)
    count { $0.breaks("after \(time) s: \(promise)") }
  }

  /// A device that can lose its connection at any moment. nil: there is no server just now.
  func connect(_ user: String) async -> Device? {
    guard let device = try? await Device.connect(port: port, user: user) else { return nil }
    state.withLockedValue { $0.devices[ObjectIdentifier(device)] = device }
    return device
  }

  func release(_ device: Device) {
    device.abort()
    _ = state.withLockedValue { $0.devices.removeValue(forKey: ObjectIdentifier(device)) }
  }

  func stop() async {
    let (server, provider) = state.withLockedValue { ($0.server, $0.provider) }
    try? await server.killNow()
    provider.stop()
  }

  // MARK: Trouble

  /// One thing after another goes wrong until the time is up.
  func makeTrouble() async throws {
    var random = SeededRandom(seed: plan.seed)
    var isWarm = false
    while !isOver {
      try await Task.sleep(for: .seconds(Double.random(in: plan.betweenTroubles, using: &random)))
      let mayDie = ContinuousClock.now - start < plan.lastDeath
      if !mayDie, !isWarm {
        isWarm = true
        try await fillStore()
      }
      let trouble = plan.troubles.filter { mayDie || !$0.endsProcess }.randomElement(using: &random)
      guard let trouble, !isOver else { continue }
      count { $0.troubles[trouble, default: 0] += 1 }
      print("soak: after \(Int((ContinuousClock.now - start) / .seconds(1))) s: \(trouble.rawValue)")
      switch trouble {
      case .kill: try await restart(SIGKILL, &random)
      case .terminate: try await restart(SIGTERM, &random)
      case .pause:
        state.withLockedValue { $0.isAway = true }
        server.child.signal(SIGSTOP)
        try await Task.sleep(for: .seconds(Double.random(in: 0.2...4, using: &random)))
        server.child.signal(SIGCONT)
        state.withLockedValue { $0.isAway = false }
      case .network:
        for device in state.withLockedValue({ Array($0.devices.values) }) { device.abort() }
      case .providerKilled: try await restartProvider(after: Double.random(in: 0.1...4, using: &random))
      case .providerErrors:
        try await state.withLockedValue { $0.provider }.set(#"{"errorShare": 1}"#)
        try await Task.sleep(for: .seconds(Double.random(in: 0.5...4, using: &random)))
        try await state.withLockedValue { $0.provider }.set(Self.faults)
      }
    }
  }

  /// What the store keeps in memory until a table file is worth writing grows with each turn until it is full, for tens
  /// of thousands of turns. It is filled at once, so that what grows afterwards is something else.
  private func fillStore() async throws {
    let arguments = ["bench", "acks", "--url", "ws://127.0.0.1:\(port)/", "--devices", "100", "--seconds", "8"]
    // How many it gets through, and whether the provider's failures are to its liking, is of no interest.
    _ = try await ChildProcess.run(try Weir.binary(), arguments, within: .seconds(120))
  }

  private func restart(_ signal: Int32, _ random: inout SeededRandom) async throws {
    state.withLockedValue { $0.isAway = true }
    let server = server
    server.child.signal(signal)
    let ended = try await server.child.result(within: .seconds(30))
    if signal == SIGTERM, ended.exit != .code(0) { broke("SIGTERM ended with \(ended.exit): \(ended.err.suffix(500))") }
    if ended.err.contains("Fatal error") || ended.err.contains("💣") {
      broke("the server crashed: \(ended.err.suffix(500))")
    }
    try await Task.sleep(for: .milliseconds(Int.random(in: 0...1500, using: &random)))
    let next = try await Self.serve(data, port: port, state.withLockedValue { $0.provider })
    state.withLockedValue {
      $0.server = next
      $0.isAway = false
    }
  }

  private func restartProvider(after pause: Double) async throws {
    let old = state.withLockedValue { $0.provider }
    old.stop()
    try await Task.sleep(for: .seconds(pause))
    let next = try await FakeProvider.start(Self.providerArguments(plan, port: old.port))
    try await next.set(Self.faults)
    state.withLockedValue { $0.provider = next }
  }

  // MARK: Watching

  /// Looks at the server every few seconds.
  func watch(_ take: (SoakSample) -> Void) async throws {
    var lastLine = -1
    while !isOver {
      try await Task.sleep(for: plan.betweenSamples)
      let (server, isAway) = state.withLockedValue { ($0.server, $0.isAway) }
      let time = (ContinuousClock.now - start) / .seconds(1)
      if server.child.state.value.exit != nil {
        if !isAway { broke("the server ended by itself: \(server.child.state.value.err.suffix(1000))") }
        continue
      }
      guard let bytes = try? server.residentBytes(), let descriptors = try? server.openDescriptors() else { continue }
      let tally = tally
      take(SoakSample(seconds: time, bytes: bytes, descriptors: descriptors, turns: tally.turns, pid: server.child.pid))
      if !isAway, let health = try? await HTTPReply.get("/healthz", port: port, within: .seconds(10)),
        health.status != 200, !state.withLockedValue({ $0.isAway })
      {
        broke("/healthz says \(health.status): \(health.body)")
      }
      if Int(time) / 60 > lastLine {
        lastLine = Int(time) / 60
        print(
          "soak: minute \(lastLine) of \(Int(plan.minutes)), \(tally.turns) turns, \(tally.reconnects) reconnects, "
            + "\(bytes >> 20) MiB, \(descriptors) descriptors, \(tally.broken.count) promises broken")
        fflush(nil)
      }
    }
  }
}
