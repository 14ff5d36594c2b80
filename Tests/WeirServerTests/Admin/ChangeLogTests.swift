import Testing
import WeirWire

@testable import WeirServer

@Suite("The log of what changes")
struct ChangeLogTests {
  private static func state(
    _ endpoints: [(String, EndpointCondition)] = [], timeMs: UInt64 = 0, fault: String = "", budget: UInt32 = 1000,
    memory: UInt64 = 0
  ) -> ServerState {
    ServerState(
      timeMs: timeMs, fault: fault, memory: MemoryState(accountedBytes: memory, limitBytes: 1000),
      retryBudgetLeft: budget,
      endpoints: endpoints.map { EndpointState(pool: "fast", name: $0.0, condition: $0.1, heldForMs: 6001) })
  }

  /// What each state adds.
  private func said(_ states: ServerState...) -> [[String]] {
    var log = ChangeLog()
    return states.map { state in
      let before = log.changes.count
      log.note(state)
      return log.changes[before...].map { ($0.trouble ? "! " : "") + $0.text }
    }
  }

  @Test("an endpoint's way down and up is told once a step")
  func endpoint() {
    let steps = said(
      Self.state([("a", .well)]), Self.state([("a", .well)]), Self.state([("a", .held)]), Self.state([("a", .failing)]),
      Self.state([("a", .failing)]), Self.state([("a", .probed)]), Self.state([("a", .well)]))
    #expect(
      steps == [
        [], [], ["! Endpoint a asked for a pause of 7 s."], ["! Endpoint a fails and is left alone."], [],
        ["Endpoint a is being tried again."], ["Endpoint a answers again."],
      ])
  }

  @Test("endpoints that come and go are told, one that serves two pools once, one that fails from the start too")
  func endpoints() {
    let steps = said(
      Self.state([("a", .failing), ("a", .failing), ("b", .well)]), Self.state([("b", .well), ("c", .well)]),
      Self.state())
    #expect(
      steps == [
        ["! Endpoint a fails and is left alone."], ["Endpoint c was added.", "Endpoint a was removed."],
        ["Endpoint b was removed.", "Endpoint c was removed."],
      ])
  }

  @Test("the store, the retry budget and the memory are told when they fail and when they are back, not between")
  func others() {
    let steps = said(
      Self.state(fault: "disk full."), Self.state(fault: "disk full."), Self.state(), Self.state(budget: 0),
      Self.state(budget: 50), Self.state(budget: 100), Self.state(memory: 900), Self.state(memory: 800),
      Self.state(memory: 749))
    #expect(
      steps == [
        ["! The store takes no writes: disk full."], [], ["The store takes writes again."],
        ["! Too many calls fail: no second attempts are made for now."], [], ["Second attempts are made again."],
        ["! Memory is nearly used up: providers are paused."], [], ["There is memory again: providers go on."],
      ])
  }

  @Test("only so many are remembered, and numbers go on")
  func bounded() {
    var log = ChangeLog()
    for number in 1...(ChangeLog.capacity + 50) { log.add("\(number)", timeMs: UInt64(number)) }
    #expect(log.changes.count == ChangeLog.capacity)
    #expect(log.changes.first?.number == 51 && log.changes.last?.number == UInt64(ChangeLog.capacity + 50))
  }
}
