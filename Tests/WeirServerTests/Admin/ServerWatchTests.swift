import NIOConcurrencyHelpers
import Testing
import WeirWire

@testable import WeirServer

@Suite("The watch over the server")
struct ServerWatchTests {
  private final class Seen: Sendable {
    private let states = NIOLockedValueBox<[ServerState]>([])
    func take(_ state: ServerState) { states.withLockedValue { $0.append(state) } }
    var count: Int { states.withLockedValue { $0.count } }
    var last: ServerState? { states.withLockedValue { $0.last } }
  }

  /// A watch that looks at nothing, and how often it looked: at all of the server, or only for the log.
  private func watch() -> (ServerWatch, looks: NIOLockedValueBox<[Bool]>) {
    let looks = NIOLockedValueBox<[Bool]>([])
    let watch = ServerWatch { isWhole in
      let number = looks.withLockedValue { looks in
        looks.append(isWhole)
        return looks.count
      }
      return ServerState(
        timeMs: UInt64(number), retryBudgetLeft: 1000,
        endpoints: [EndpointState(name: "a", condition: number % 2 == 0 ? .failing : .well)])
    }
    return (watch, looks)
  }

  @Test("a watcher sees the next round and then every round of its interval; the server is only looked at for it")
  func intervals() async {
    let (watch, looks) = watch()
    let (fast, slow) = (Seen(), Seen())
    await watch.round()
    #expect(looks.withLockedValue { $0 } == [false])
    watch.add(1, intervalMs: 0) { fast.take($0) }
    watch.add(2, intervalMs: 3000) { slow.take($0) }
    var counts: [[Int]] = []
    for _ in 0..<7 {
      await watch.round()
      counts.append([fast.count, slow.count])
    }
    #expect(counts == [[1, 1], [2, 1], [3, 1], [4, 2], [5, 2], [6, 2], [7, 3]])
    watch.remove(1)
    await watch.round()
    #expect(looks.withLockedValue { $0.suffix(1) } == [false] && fast.count == 7 && slow.count == 3)
  }

  @Test("asking again changes the interval and brings no state before a second is over")
  func askAgain() async {
    let (watch, _) = watch()
    let seen = Seen()
    watch.add(1, intervalMs: 60_000) { seen.take($0) }
    await watch.round()
    for _ in 0..<100 { watch.add(1, intervalMs: 1000) { seen.take($0) } }
    #expect(seen.count == 1)
    await watch.round()
    #expect(seen.count == 2)
    watch.add(1, intervalMs: .max) { seen.take($0) }
    for _ in 0..<60 { await watch.round() }
    #expect(seen.count == 3, "an interval is a minute at most")
  }

  @Test("a state has all changes that are remembered, those of rounds that nobody watched too")
  func changes() async {
    let (watch, _) = watch()
    for _ in 0..<4 { await watch.round() }
    let seen = Seen()
    watch.add(1, intervalMs: 0) { seen.take($0) }
    await watch.round()
    #expect(seen.last?.changes.map(\.number) == [1, 2, 3, 4])
    #expect(seen.last?.changes.map(\.trouble) == [true, false, true, false])
  }

  @Test("after the end nobody is shown anything")
  func stop() async {
    let (watch, _) = watch()
    let seen = Seen()
    watch.add(1, intervalMs: 0) { seen.take($0) }
    watch.stop()
    #expect(await watch.round() == false)
    watch.add(2, intervalMs: 0) { seen.take($0) }
    await watch.round()
    #expect(seen.count == 0 && watch.count == 0)
  }
}
