import Testing
import WeirCore
import WeirWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Everything below the socket, with every fault, by seed. A failing seed prints the command that plays it again.
/// `WEIR_SIM_SEEDS` says how many are played, `WEIR_SIM_FIRST` from which on, `WEIR_SIM_SEED` plays one and tells what happens.
@Suite("The whole server") struct SimulationOfServerTests {
  private static let workers = 8

  @Test("keeps every promise, whatever happens", arguments: 0..<workers)
  func promises(worker: Int) {
    if let seed = Self.variable("WEIR_SIM_SEED") {
      if worker == 0 { Self.play(seed, isTold: true) }
      return
    }
    let count = Self.variable("WEIR_SIM_SEEDS") ?? 3000
    let first = Self.variable("WEIR_SIM_FIRST") ?? 1
    for seed in first..<(first + count) where seed % UInt64(Self.workers) == UInt64(worker) {
      Self.play(seed, isTold: false)
    }
  }

  private static func play(_ seed: UInt64, isTold: Bool) {
    let run = ServerSimulation(seed: seed, onNote: isTold ? { print($0) } : nil)
    let broken = run.play()
    #expect(
      broken.isEmpty,
      "\(broken.prefix(2)). Again: SWIFT_DETERMINISTIC_HASHING=1 WEIR_SIM_SEED=\(seed) swift test --filter SimulationOfServerTests"
    )
  }

  private static func variable(_ name: String) -> UInt64? {
    getenv(name).flatMap { UInt64(String(cString: $0)) }
  }
}
