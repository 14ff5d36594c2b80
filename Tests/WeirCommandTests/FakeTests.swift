import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import weir

@Suite("The fake provider's rules")
struct FakeTests {
  @Test(
    "delays are read and written",
    arguments: [
      ("200ms", .fixed(0.2)), ("0", .fixed(0)), ("fixed:1.5s", .fixed(1.5)), ("uniform:100ms-1s", .uniform(0.1, 1)),
      ("exponential:2m", .exponential(mean: 120)), ("lognormal:200ms:0.5", .lognormal(median: 0.2, spread: 0.5)),
    ] as [(String, FakeDelay)])
  func delays(text: String, delay: FakeDelay) {
    #expect(FakeDelay(text) == delay)
    #expect(FakeDelay(delay.description) == delay)
  }

  @Test(
    "what is no delay is refused",
    arguments: [
      "", "7", "-1s", "1h1m", "nans", "infs", "2h", "uniform:1s-1ms", "uniform:1s", "lognormal:1s", "gamma:1s", ":",
    ])
  func noDelays(text: String) {
    #expect(FakeDelay(text) == nil)
  }

  @Test("draws have the mean of their distribution", arguments: [1, 2, 3] as [UInt64])
  func means(seed: UInt64) {
    let delays: [(FakeDelay, Double)] = [
      (.fixed(0.2), 0.2), (.uniform(0.1, 0.3), 0.2), (.exponential(mean: 0.2), 0.2),
      // The mean of a lognormal distribution is its median times exp(spread² / 2).
      (.lognormal(median: 0.2, spread: 0.5), 0.2 * exp(0.125)),
    ]
    for (delay, mean) in delays {
      var random = FakeRandom(seed: seed)
      let draws = (0..<20_000).map { _ in delay.draw(&random) }
      #expect(draws.allSatisfy { $0 >= 0 })
      #expect(abs(draws.reduce(0, +) / 20_000 - mean) < mean * 0.03, "\(delay), seed \(seed)")
    }
  }

  @Test("requests beyond those of a minute are refused until the first of them is a minute old")
  func requestsPerMinute() {
    var settings = FakeSettings()
    settings.requestsPerMinute = 3
    var limiter = FakeLimiter(settings, now: 0)
    for (second, remaining) in [(0.0, 2), (1, 1), (2, 0)] {
      #expect(limiter.admit(running: 0, now: second) == .admitted(remaining: remaining))
    }
    #expect(limiter.admit(running: 0, now: 3) == .limited(retryAfterSeconds: 57))
    #expect(limiter.admit(running: 0, now: 59.5) == .limited(retryAfterSeconds: 1))
    #expect(limiter.admit(running: 0, now: 60) == .admitted(remaining: 0))
    #expect(limiter.admit(running: 0, now: 60.5) == .limited(retryAfterSeconds: 1))
  }

  @Test("answers at once are limited")
  func concurrent() {
    var settings = FakeSettings()
    settings.concurrent = 2
    settings.retryAfterSeconds = 7
    var limiter = FakeLimiter(settings, now: 0)
    #expect(limiter.admit(running: 1, now: 0) == .admitted(remaining: nil))
    #expect(limiter.admit(running: 2, now: 0) == .limited(retryAfterSeconds: 7))
  }

  @Test("an outage begins and ends when it is told to, and what follows starts slowly")
  func outage() {
    var settings = FakeSettings()
    settings.concurrent = 10
    settings.downAfterSeconds = 10
    settings.downForSeconds = 30
    settings.slowStartSeconds = 10
    var limiter = FakeLimiter(settings, now: 100)
    #expect(limiter.admit(running: 9, now: 109.9) == .admitted(remaining: nil))
    #expect(limiter.admit(running: 0, now: 110) == .down)
    #expect(limiter.admit(running: 0, now: 139.9) == .down)
    #expect(limiter.admit(running: 0, now: 140) == .admitted(remaining: nil))
    #expect(limiter.admit(running: 1, now: 140) == .limited(retryAfterSeconds: 1))
    #expect(limiter.admit(running: 4, now: 145) == .admitted(remaining: nil))
    #expect(limiter.admit(running: 5, now: 145) == .limited(retryAfterSeconds: 1))
    #expect(limiter.admit(running: 9, now: 150) == .admitted(remaining: nil))
    settings.downAfterSeconds = 0
    limiter.change(settings, now: 200)
    #expect(limiter.admit(running: 0, now: 200) == .down)
  }

  @Test("figures are told as rates")
  func figures() {
    var figures = FakeFigures()
    figures.running = 2
    figures.answers = 10
    figures.limited = 3
    #expect(figures.line(since: FakeFigures(), seconds: 5) == "running 2  answers 2.0/s  tokens 0.0/s  429 3")
  }
}
