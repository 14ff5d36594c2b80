import Glibc
import Testing
import WeirCore

@testable import WeirUpstream

/// What the upstream thread waits with.
@Suite struct PollerTests {
  @Test func theBellEndsGatheringAndIsStillHeardBehindIt() throws {
    let poller = try Poller()
    poller.wake()
    // Not rung, this would last the test's time limit out.
    for _ in 0..<1_000 { poller.gather(.milliseconds(900)) }
    var isWoken = false
    poller.wait(nil, woken: { isWoken = true }) { _, _ in Issue.record("nothing is watched") }
    #expect(isWoken)
  }

  @Test func whatBecomesReadyMeanwhileIsHandedOver() throws {
    let poller = try Poller()
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { for end in ends where end >= 0 { close(end) } }
    poller.watch(ends[0], reading: true, writing: false)
    try #require(write(ends[1], "x", 1) == 1)
    // Sockets do not end it.
    poller.gather(Interval(nanoseconds: 1_000))
    var ready: [Int32] = []
    poller.wait(nil, woken: {}) { socket, events in
      #expect(events.isOnlyReadable)
      ready.append(socket)
    }
    #expect(ready == [ends[0]])
    close(ends[1])
    ends[1] = -1
    poller.wait(nil, woken: {}) { _, events in #expect(!events.isOnlyReadable) }
  }
}
