import Testing
import WeirCore

@testable import WeirServer

@Suite struct ArrivalGateTests {
  private static func time(_ milliseconds: UInt64) -> MonotonicTime {
    MonotonicTime(nanoseconds: 1_000_000_000 + milliseconds * 1_000_000)
  }

  /// One who turns out to be a device.
  private func letIn(_ gate: ArrivalGate, at milliseconds: UInt64) -> Bool {
    guard gate.admit(now: Self.time(milliseconds), draw: 0) == nil else { return false }
    gate.count(now: Self.time(milliseconds))
    return true
  }

  @Test("strangers, whom nobody counts, use up nothing")
  func strangers() {
    let gate = ArrivalGate(perSecond: 4)
    for _ in 0..<1000 { #expect(gate.admit(now: Self.time(0), draw: 0) == nil) }
    #expect(letIn(gate, at: 0))
    #expect(!letIn(gate, at: 0))
  }

  @Test("a quarter of a second's devices may come at once, then they come in at the rate")
  func rate() {
    let gate = ArrivalGate(perSecond: 400)
    let first = (0..<1000).count { _ in letIn(gate, at: 0) }
    #expect(first == 100)
    let nextSecond = (1...1000).count { letIn(gate, at: UInt64($0)) }
    #expect((398...401).contains(nextSecond))
  }

  @Test("those sent away are told times spread over what letting them all in takes, and never more than half a minute")
  func hints() {
    let gate = ArrivalGate(perSecond: 400)
    for _ in 0..<100 { #expect(letIn(gate, at: 0)) }
    var random = SystemRandomNumberGenerator()
    // Four seconds' worth of devices that must come again.
    let waits = (0..<1600).compactMap { _ in gate.admit(now: Self.time(0), draw: random.next()) }
    #expect(waits.count == 1600)
    #expect(waits.allSatisfy { (1...6).contains($0) })
    #expect(Set(waits).count >= 5)
    let late = (0..<100_000).compactMap { _ in gate.admit(now: Self.time(0), draw: .max) }
    #expect(late.allSatisfy { (1...30).contains($0) })
    // When they have been let in, the next crowd is told as if it were the first.
    #expect(gate.admit(now: Self.time(600_000), draw: .max) == nil)
  }
}
