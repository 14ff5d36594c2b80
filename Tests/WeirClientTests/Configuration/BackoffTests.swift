import Testing

@testable import WeirClient

@Suite("Backoff")
struct BackoffTests {
  @Test("the ceiling doubles from the base to the limit")
  func ceilings() {
    let backoff = Backoff(base: .milliseconds(100), limit: .seconds(1))
    #expect(
      (0..<6).map { backoff.ceiling(attempt: $0).wholeMicroseconds / 1_000 } == [100, 200, 400, 800, 1_000, 1_000])
  }

  @Test("extreme settings and attempts neither overflow nor hang", arguments: [0, 1, 62, 64, 1_000_000, Int.max])
  func extremes(attempt: Int) {
    #expect(Backoff(base: .zero, limit: .seconds(1)).ceiling(attempt: attempt) == .zero)
    #expect(Backoff(base: .seconds(-1), limit: .seconds(1)).ceiling(attempt: attempt) == .zero)
    #expect(Backoff(base: .seconds(1), limit: .seconds(-1)).ceiling(attempt: attempt) == .zero)
    let vast = Backoff(base: .seconds(Int64.max / 4), limit: .seconds(Int64.max / 2))
    #expect(vast.ceiling(attempt: attempt) <= .seconds(Int64.max / 2))
  }

  @Test("full jitter draws from all of the range", arguments: 1...5)
  func jitter(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let backoff = Backoff(base: .milliseconds(1_000), limit: .seconds(10))
    let draws = (0..<1_000).map { _ in backoff.delay(attempt: 0, using: &random).inMilliseconds }
    #expect(draws.allSatisfy { (0...1_000).contains($0) }, "seed \(seed)")
    let mean = draws.reduce(0, +) / 1_000
    #expect((450...550).contains(mean), "seed \(seed)")
    #expect((draws.min() ?? 1_000) < 20 && (draws.max() ?? 0) > 980, "seed \(seed)")
  }
}
