import Testing
import WeirCore

@Suite("Lane queue")
struct LaneQueueTests {
  private func queue(waiting: Int = 1000, bytes: Int = 1 << 20, lanes: [LaneSettings] = [LaneSettings(name: "only")])
    -> LaneQueue
  {
    var limits = LaneQueueLimits()
    limits.maximumWaiting = waiting
    limits.maximumWaitingBytes = bytes
    limits.quantum = 100
    return LaneQueue(lanes: lanes, limits: limits)
  }

  private func call(_ id: CallID, _ user: UserID, cost: Int = 100, lane: Int = 0, bytes: Int = 1) -> QueuedCall {
    QueuedCall(callID: id, user: user, lane: lane, cost: cost, bytes: bytes)
  }

  private func ms(_ count: UInt64) -> MonotonicTime { .zero + .milliseconds(count) }

  /// Takes up to `count` calls through one place.
  private func drain(_ queue: inout LaneQueue, _ count: Int = .max, slots: Int = 1) -> [CallID] {
    var order: [CallID] = []
    while order.count < count, let head = queue.head(slots: slots, now: .zero) {
      let start = queue.take(head, now: .zero)
      order.append(start.call.callID)
      queue.release(lane: start.lane, after: .milliseconds(10))
    }
    return order
  }

  private func next(_ queue: inout LaneQueue, slots: Int = 1, allowsRetry: Bool = true, at time: UInt64 = 0) -> CallID?
  {
    queue.head(slots: slots, allowsRetry: allowsRetry, now: ms(time))?.callID
  }

  private func deadline(_ queue: inout LaneQueue) -> MonotonicTime? { queue.nextDeadline }

  // MARK: Inside a lane

  @Test("users take turns, and each user's calls keep their order")
  func fairness() {
    var queue = queue()
    for id in 1...5 { #expect(queue.enqueue(call(CallID(id), "greedy"), now: .zero) == .waits) }
    for (id, user) in [(10, "b"), (20, "c"), (11, "b")] { _ = queue.enqueue(call(CallID(id), user), now: .zero) }
    #expect(drain(&queue) == [1, 10, 20, 2, 11, 3, 4, 5])
    #expect(queue.waiting == 0 && queue.waitingBytes == 0 && queue.users == 0)
  }

  @Test("ten thousand calls of one user delay another's first call by one place, and a call that comes later too")
  func isolation() {
    var queue = queue(waiting: 20_000)
    for id in 1...10_000 { _ = queue.enqueue(call(CallID(id), "greedy"), now: .zero) }
    _ = queue.enqueue(call(20_000, "modest"), now: .zero)
    #expect(drain(&queue, 2) == [1, 20_000])
    _ = queue.enqueue(call(20_001, "late"), now: .zero)
    #expect(drain(&queue, 2) == [2, 20_001])
  }

  @Test("who comes back at once after each turn does not starve those who wait for their second")
  func comingBack() {
    var queue = queue()
    for (id, user) in [(1, "eager"), (2, "patient"), (3, "patient")] {
      _ = queue.enqueue(call(CallID(id), user), now: .zero)
    }
    #expect(drain(&queue, 1) == [1])
    _ = queue.enqueue(call(4, "eager"), now: .zero)
    #expect(drain(&queue, 1) == [2])
    #expect(drain(&queue, 1) == [4])
    _ = queue.enqueue(call(5, "eager"), now: .zero)
    #expect(drain(&queue) == [3, 5])
  }

  @Test("who asks for three times as much gets a third of the turns; nobody saves up turns with cheap calls")
  func costs() {
    var queue = queue()
    for id in 1...12 {
      _ = queue.enqueue(call(CallID(id), "dear", cost: 300), now: .zero)
      _ = queue.enqueue(call(CallID(100 + id), "fair", cost: 100), now: .zero)
      _ = queue.enqueue(call(CallID(200 + id), "cheap", cost: 10), now: .zero)
    }
    let order = drain(&queue, 28)
    #expect(order.count { $0 < 100 } == 4)
    #expect(order.count { 100 < $0 && $0 < 200 } == 12)
    #expect(order.count { $0 > 200 } == 12)
    for place in order.indices.dropLast(3) {
      #expect(order[place...place + 2].count { $0 > 200 } <= 2, "one turn in a round, also for the cheap")
    }
  }

  @Test("a cost without bound is waited for with bounded rounds")
  func unboundedCost() {
    var queue = queue()
    _ = queue.enqueue(call(1, "mistaken", cost: .max), now: .zero)
    for id in 2...20 { _ = queue.enqueue(call(CallID(id), "other"), now: .zero) }
    let order = drain(&queue)
    #expect(order.firstIndex(of: 1) == 7, "the eighth round")
  }

  @Test("users are told apart by bytes, not by what a reader sees")
  func bytes() {
    var queue = queue()
    for (id, user) in [(1, "\u{E9}"), (2, "\u{E9}"), (3, "e\u{301}")] {
      _ = queue.enqueue(call(CallID(id), user), now: .zero)
    }
    #expect(drain(&queue) == [1, 3, 2])
  }

  // MARK: Between lanes

  @Test("lanes share by weight, and one that slept has saved nothing up")
  func weights() {
    var lanes = [LaneSettings(name: "premium", weight: 8), LaneSettings(name: "free", weight: 1)]
    lanes[0].maximumWait = nil
    var queue = queue(lanes: lanes)
    for id in 1...300 { _ = queue.enqueue(call(CallID(id), "f\(id)", lane: 1), now: .zero) }
    _ = drain(&queue, 100)
    for id in 1001...1100 { _ = queue.enqueue(call(CallID(id), "p\(id)"), now: .zero) }
    let order = drain(&queue, 90)
    #expect((79...81).contains(order.count { $0 > 1000 }))
    for start in stride(from: 0, to: 90, by: 9) {
      #expect(order[start..<start + 9].count { $0 < 1000 } <= 2, "spread evenly")
    }
  }

  @Test("no lane holds more places than its share, not even when all others are empty")
  func caps() {
    var lanes = [LaneSettings(name: "a"), LaneSettings(name: "b")]
    lanes[1].maximumShare = 0.25
    var queue = queue(lanes: lanes)
    for id in 1...20 { _ = queue.enqueue(call(CallID(id), "u\(id)", lane: 1), now: .zero) }
    var running = 0
    while let head = queue.head(slots: 12, now: .zero) {
      _ = queue.take(head, now: .zero)
      running += 1
    }
    #expect(running == 3)
    _ = queue.enqueue(call(100, "x"), now: .zero)
    #expect(next(&queue, slots: 12) == 100)
  }

  @Test("batch fills idle places up to its share, and gives way to whoever else could use one")
  func batch() {
    var queue = queue(lanes: LaneSettings.standard)
    for id in 1...20 { _ = queue.enqueue(call(CallID(id), "b", lane: 2), now: .zero) }
    var started: [CallID] = []
    while let head = queue.head(slots: 8, now: .zero) { started.append(queue.take(head, now: .zero).call.callID) }
    #expect(started.count == 4, "half of eight")
    for id in 101...110 { _ = queue.enqueue(call(CallID(id), "i\(id)", lane: 1), now: .zero) }
    while queue.running < 8, let head = queue.head(slots: 8, now: .zero) {
      started.append(queue.take(head, now: .zero).call.callID)
    }
    #expect(started.suffix(4).allSatisfy { $0 > 100 })
    // The places that batch gives back go to people until none waits.
    for _ in 1...4 {
      queue.release(lane: 2, after: .milliseconds(1))
      guard let head = queue.head(slots: 8, now: .zero) else { break }
      #expect(queue.take(head, now: .zero).call.callID > 100)
    }
  }

  // MARK: The room

  @Test("the waiting room is bounded in calls, in bytes, by user and by lane, and says when to come back")
  func bounds() {
    var small = queue(waiting: 4, bytes: 100)
    #expect(small.enqueue(call(1, "a", bytes: 1000), now: .zero, isPlaceFree: true) == .waits, "it can start at once")
    #expect(drain(&small) == [1])
    #expect(small.enqueue(call(2, "a", bytes: 60), now: .zero) == .waits)
    #expect(small.enqueue(call(2, "a", bytes: 1), now: .zero) == .duplicate)
    #expect(small.enqueue(call(3, "a", bytes: 60), now: .zero) == .full(retryAfterMs: 1000))
    for id in 4...6 { #expect(small.enqueue(call(CallID(id), "b", bytes: 0), now: .zero) == .waits) }
    #expect(small.enqueue(call(7, "c", bytes: 0), now: .zero) == .full(retryAfterMs: 1000))

    var limits = LaneQueueLimits()
    limits.maximumWaiting = 10
    limits.maximumWaitingPerUser = 3
    var shared = LaneQueue(limits: limits)
    for id in 1...3 { #expect(shared.enqueue(call(CallID(id), "b", lane: 2), now: .zero) == .waits) }
    #expect(shared.enqueue(call(4, "b", lane: 2), now: .zero) == .full(retryAfterMs: 1000), "of one user")
    for id in 5...6 { #expect(shared.enqueue(call(CallID(id), "c", lane: 2), now: .zero) == .waits) }
    #expect(shared.enqueue(call(7, "d", lane: 2), now: .zero) == .full(retryAfterMs: 1000), "half is for the others")
    #expect(shared.enqueue(call(8, "d", lane: 1), now: .zero) == .waits)
  }

  @Test("the time to come back is that in which a quarter of those who wait will have gone, as measured")
  func retryAfter() {
    var queue = queue(waiting: 40)
    for id in 1...60 {
      let time = MonotonicTime.zero + .seconds(UInt64(id))
      _ = queue.enqueue(call(CallID(id), "u\(id)"), now: time)
      if id > 40, let head = queue.head(slots: 1, now: time) {
        _ = queue.take(head, now: time)
        queue.release(lane: 0, after: .seconds(1))
      }
    }
    _ = queue.enqueue(call(98, "x"), now: .zero + .seconds(60))
    guard case .full(let retryAfterMs) = queue.enqueue(call(99, "x"), now: .zero + .seconds(60)) else {
      Issue.record("there is room for \(queue.waiting)")
      return
    }
    #expect((9_000...16_000).contains(retryAfterMs), "eleven places at about one a second: \(retryAfterMs)")
  }

  // MARK: Leaving

  @Test("a cancelled call leaves, and its user keeps one place in the round")
  func cancel() {
    var queue = queue()
    _ = queue.enqueue(call(1, "a", bytes: 5), now: .zero)
    _ = queue.enqueue(call(2, "b", bytes: 5), now: .zero)
    let cancelled = [1, 1, 99].map { queue.cancel($0) }
    #expect(cancelled == [true, false, false])
    #expect(queue.waitingBytes == 5 && queue.users == 1)
    _ = queue.enqueue(call(3, "a"), now: .zero)
    _ = queue.enqueue(call(4, "a"), now: .zero)
    #expect(drain(&queue) == [2, 3, 4])
  }

  @Test("a dear call that is cancelled does not hold up the cheap one behind it")
  func cancelDear() {
    var queue = queue()
    _ = queue.enqueue(call(1, "a", cost: 800), now: .zero)
    _ = queue.enqueue(call(2, "a", cost: 50), now: .zero)
    for id in 10...14 { _ = queue.enqueue(call(CallID(id), "b"), now: .zero) }
    #expect(drain(&queue, 2) == [10, 11])
    let isGone = queue.cancel(1)
    #expect(isGone)
    #expect(drain(&queue, 2).contains(2))
  }

  @Test("ten thousand calls of one user are cancelled in any order, at the same cost each, and leave nothing behind")
  func cancelMany() {
    for backwards in [false, true] {
      var queue = queue(waiting: 20_000)
      for id in 1...10_000 { _ = queue.enqueue(call(CallID(id), "u"), now: .zero) }
      let clock = ContinuousClock()
      let time = clock.measure {
        for id in 1...10_000 { _ = queue.cancel(CallID(backwards ? 10_001 - id : id)) }
      }
      // Quadratic would be some 50 million steps: many seconds in a debug build.
      #expect(time < .seconds(3))
      #expect(queue.waiting == 0 && queue.users == 0)
      #expect(deadline(&queue) == nil)
    }
  }

  @Test("calls whose time is over are handed out, the earliest first, and never start")
  func deadlines() {
    var queue = queue(lanes: [LaneSettings(name: "only", maximumWait: .seconds(5))])
    var early = call(1, "a")
    early.startBy = ms(1000)
    _ = queue.enqueue(early, now: .zero)
    var late = call(2, "a")
    late.startBy = ms(60_000)
    _ = queue.enqueue(late, now: .zero)
    _ = queue.enqueue(call(3, "b"), now: ms(2000))
    #expect(deadline(&queue) == ms(1000))
    #expect(queue.expire(now: ms(999)).isEmpty)
    #expect(queue.expire(now: ms(1000)) == [1])
    #expect(deadline(&queue) == ms(5000), "the lane's limit, which is the earlier")
    #expect(queue.expire(now: ms(7000)) == [2, 3])
    #expect(queue.waiting == 0)
    #expect(deadline(&queue) == nil)
  }

  // MARK: Again

  @Test("a call that is tried again goes before all of its lane from its time on, and its user's others stay behind it")
  func requeue() {
    var queue = queue()
    for (id, user) in [(1, "a"), (2, "b"), (3, "a"), (4, "b")] { _ = queue.enqueue(call(CallID(id), user), now: .zero) }
    guard let head = queue.head(slots: 1, now: .zero) else { return }
    let start = queue.take(head, now: .zero)
    queue.release(lane: 0, after: .zero, isSample: false)
    queue.requeue(start.call, retryAt: ms(100), startBy: nil, now: .zero)
    let retries = queue.retries(now: .zero)
    #expect(!retries.areDue && retries.next == ms(100))
    #expect(next(&queue) == 2)
    #expect(drain(&queue) == [2, 4], "3 stays behind 1")
    #expect(queue.waiting == 2)
    #expect(next(&queue, allowsRetry: false, at: 100) == nil, "no leave to try again")
    let again = queue.head(slots: 1, now: ms(100))
    #expect(again?.callID == 1 && again?.isRetry == true)
    if let again { _ = queue.take(again, now: ms(100)) }
    queue.release(lane: 0, after: .zero)
    #expect(drain(&queue) == [3])
    #expect(queue.users == 0)
  }

  // MARK: Other rules

  @Test("lanes and limits change while calls wait: each keeps its lane by name, its order and its deadline")
  func adopt() {
    var queue = queue(lanes: [LaneSettings(name: "x"), LaneSettings(name: "y"), LaneSettings(name: "z")])
    for (id, lane) in [(1, 0), (2, 1), (3, 1), (4, 2)] {
      _ = queue.enqueue(call(CallID(id), "u", lane: lane), now: .zero)
    }
    if let head = queue.head(slots: 9, now: .zero) { _ = queue.take(head, now: .zero) }
    let renamed = queue.adopt(
      lanes: [LaneSettings(name: "y"), LaneSettings(name: "x")], limits: LaneQueueLimits(), now: .zero)
    #expect(renamed == [1, 0, 1])
    let figures = queue.figures(now: ms(50))
    #expect(figures.map(\.name) == ["y", "x"])
    #expect(figures.map(\.waiting) == [2, 1] && figures.map(\.running) == [0, 1])
    #expect(figures.map(\.oldestWait) == [.milliseconds(50), .milliseconds(50)])
    #expect(deadline(&queue) == .zero + .seconds(600))
    #expect(drain(&queue, slots: 2).sorted() == [2, 3, 4])
  }
}
