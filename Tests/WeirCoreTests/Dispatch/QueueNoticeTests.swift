import Testing
import WeirCore
import WeirWire

@Suite("Queue notices")
struct QueueNoticeTests {
  private let situation = QueueSituation(slots: 1)
  private func ms(_ count: UInt64) -> MonotonicTime { .zero + .seconds(100) + .milliseconds(count) }

  private func queue() -> LaneQueue { LaneQueue(lanes: [LaneSettings(name: "only", maximumWait: nil)]) }

  private func positions(_ notices: [QueueNotice]) -> [CallID: Int] {
    Dictionary(uniqueKeysWithValues: notices.map { ($0.callID, $0.position) })
  }

  /// The next call runs and ends.
  private func serve(_ queue: inout LaneQueue, now: MonotonicTime, after service: Interval) {
    guard let head = queue.head(slots: 1, now: now) else { return }
    let start = queue.take(head, now: now)
    queue.release(lane: start.lane, after: service)
  }

  @Test("those who wait are told where, at once, and then when their place changes, at a bounded rate")
  func rate() {
    var queue = queue()
    var budget = NoticeBudget()
    for (id, user) in [(2, "a"), (3, "b"), (4, "a")] {
      _ = queue.enqueue(QueuedCall(callID: CallID(id), user: user), now: ms(0))
    }
    #expect(positions(queue.notices(now: ms(0), situation: situation, budget: &budget)) == [2: 0, 3: 1, 4: 2])
    #expect(queue.noticesDueAt == nil, "nothing has changed")
    serve(&queue, now: ms(50), after: .seconds(2))
    #expect(queue.notices(now: ms(99), situation: situation, budget: &budget).isEmpty, "walked 100 ms ago at most")
    #expect(queue.notices(now: ms(150), situation: situation, budget: &budget).isEmpty, "told 150 ms ago")
    #expect(positions(queue.notices(now: ms(500), situation: situation, budget: &budget)) == [3: 0, 4: 1])
    _ = queue.enqueue(QueuedCall(callID: 5, user: "c"), now: ms(550))
    #expect(
      positions(queue.notices(now: ms(600), situation: situation, budget: &budget)) == [5: 2], "the new one at once")
  }

  @Test("a changed reason is news, and a call that is tried again hears that it is")
  func reasons() {
    var queue = queue()
    var budget = NoticeBudget()
    _ = queue.enqueue(QueuedCall(callID: 1, user: "a"), now: ms(0))
    #expect(queue.notices(now: ms(0), situation: situation, budget: &budget).map(\.reason) == [.capacity])
    guard let head = queue.head(slots: 1, now: ms(100)) else { return }
    let start = queue.take(head, now: ms(100))
    queue.release(lane: 0, after: .milliseconds(1), isSample: false)
    queue.requeue(start.call, retryAt: ms(9000), startBy: nil, now: ms(100))
    #expect(queue.notices(now: ms(600), situation: situation, budget: &budget).map(\.reason) == [.retry])
    _ = queue.enqueue(QueuedCall(callID: 2, user: "b"), now: ms(700))
    let down = QueueSituation(slots: 1, reason: .providerDown, heldUntil: ms(5000))
    let told = queue.notices(now: ms(1200), situation: down, budget: &budget)
    #expect(told.map(\.reason) == [.providerDown, .providerDown])
  }

  @Test("the estimate is what service times make of the places before, and its error is told at the start")
  func estimates() {
    var queue = queue()
    var budget = NoticeBudget()
    for id in 1...30 { _ = queue.enqueue(QueuedCall(callID: CallID(id), user: "u\(id)"), now: ms(0)) }
    #expect(
      queue.notices(now: ms(0), situation: situation, budget: &budget).allSatisfy { $0.estimateMs == 0 }, "not known")
    for second in 1...10 { serve(&queue, now: ms(UInt64(second) * 1000), after: .seconds(1)) }
    let told = queue.notices(now: ms(10_000), situation: situation, budget: &budget)
    #expect(told.count == 20)
    for notice in told {
      let expected = (notice.position + 1) * 1000
      #expect(abs(notice.estimateMs - expected) <= expected / 5, "place \(notice.position): \(notice.estimateMs) ms")
    }
    guard let head = queue.head(slots: 1, now: ms(13_000)) else { return }
    let start = queue.take(head, now: ms(13_000))
    let error = start.estimateError?.seconds ?? -1
    #expect((1.5...2.5).contains(error), "it was told a second and took three: \(error)")
    #expect(start.waited == .seconds(13))
  }

  @Test("however many wait, two thousand notices a second are the most, and everyone gets some")
  func flood() {
    var queue = queue()
    var budget = NoticeBudget()
    for id in 1...10_000 { _ = queue.enqueue(QueuedCall(callID: CallID(id), user: "u\(id % 977)"), now: ms(0)) }
    var told: [CallID: [UInt64]] = [:]
    var perSecond: [UInt64: Int] = [:]
    for time in stride(from: UInt64(0), to: 12_000, by: 50) {
      if time % 100 == 0 { serve(&queue, now: ms(time), after: .milliseconds(100)) }
      for notice in queue.notices(now: ms(time), situation: situation, budget: &budget) {
        told[notice.callID, default: []].append(time)
        perSecond[time / 1000, default: 0] += 1
      }
    }
    #expect((perSecond.values.max() ?? 0) <= 2000)
    #expect(told.count >= 9_880, "all who still wait: \(told.count)")
    for times in told.values { for (one, next) in zip(times, times.dropFirst()) { #expect(next - one >= 500) } }
  }

  @Test(
    "the position that is told is the number of calls that start before, whatever they cost",
    arguments: 1...20 as ClosedRange<UInt64>)
  func truth(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var limits = LaneQueueLimits()
    limits.quantum = 100
    var queue = LaneQueue(lanes: [LaneSettings(name: "only", maximumWait: nil)], limits: limits)
    for id in 1...150 {
      let cost = Int.random(in: 1...900, using: &random)
      let user = "u\(Int.random(in: 0..<12, using: &random))"
      _ = queue.enqueue(QueuedCall(callID: CallID(id), user: user, cost: cost), now: ms(0))
      // The wheel is to be told of in any state.
      if id % 7 == 0 { serve(&queue, now: ms(0), after: .milliseconds(1)) }
      if id % 11 == 0 { _ = queue.cancel(CallID(Int.random(in: 1...id, using: &random))) }
    }
    var budget = NoticeBudget()
    let told = positions(queue.notices(now: ms(0), situation: situation, budget: &budget))
    var place = 0
    while let head = queue.head(slots: 1, now: ms(0)) {
      #expect(told[head.callID] == place, "seed \(seed)")
      serve(&queue, now: ms(0), after: .milliseconds(1))
      place += 1
    }
    #expect(place == told.count && place > 50, "seed \(seed)")
  }
}
