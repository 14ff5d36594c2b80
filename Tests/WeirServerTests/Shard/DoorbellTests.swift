import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import WeirServer

@Suite struct DoorbellTests {
  @Test("a bell that never stops ringing does not keep its loop from what else there is", .timeLimit(.minutes(1)))
  func fairness() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.any()
    let busy = NIOLockedValueBox<Doorbell?>(nil)
    let rings = NIOLockedValueBox(0)
    // As from a provider's thread that has something new each time.
    let first = try await Doorbell.hang(on: loop) {
      rings.withLockedValue { $0 += 1 }
      busy.withLockedValue { $0 }?.ring()
    }
    busy.withLockedValue { $0 = first }
    let (calls, called) = AsyncStream.makeStream(of: Void.self)
    let second = try await Doorbell.hang(on: loop) { called.yield() }
    first.ring()
    var others = calls.makeAsyncIterator()
    for _ in 0..<100 {
      second.ring()
      await others.next()
    }
    #expect(rings.withLockedValue { $0 } > 0)
    busy.withLockedValue { $0 = nil }
    try await group.shutdownGracefully()
    // Nobody is there any more, and nothing happens.
    second.ring()
  }

  @Test("calls that come before the loop looks are one call", .timeLimit(.minutes(1)))
  func gathered() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.any()
    let rings = NIOLockedValueBox(0)
    let bell = try await Doorbell.hang(on: loop) { rings.withLockedValue { $0 += 1 } }
    try await loop.submit { for _ in 0..<1000 { bell.ring() } }.get()
    while rings.withLockedValue({ $0 }) == 0 { await Task.yield() }
    try await loop.submit {}.get()
    #expect(rings.withLockedValue { $0 } == 1)
    try await group.shutdownGracefully()
  }
}
