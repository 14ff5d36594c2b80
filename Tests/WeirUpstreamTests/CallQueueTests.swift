import Testing
import WeirCore

@Suite("Call queue")
struct CallQueueTests {
  private func queue(running: Int = 1, waiting: Int = 100, bytes: Int = 1 << 20) -> CallQueue {
    var limits = CallQueueLimits()
    limits.maximumRunning = running
    limits.maximumWaiting = waiting
    limits.maximumWaitingBytes = bytes
    return CallQueue(limits: limits)
  }

  private func ms(_ count: UInt64) -> MonotonicTime { .zero + .milliseconds(count) }

  @Test("users take turns, and each user's calls keep their order")
  func fairness() {
    var queue = queue()
    for id in 1...5 { #expect(queue.enqueue(CallID(id), user: "greedy", bytes: 1) == .waits) }
    #expect(queue.enqueue(10, user: "b", bytes: 1) == .waits)
    #expect(queue.enqueue(20, user: "c", bytes: 1) == .waits)
    #expect(queue.enqueue(11, user: "b", bytes: 1) == .waits)
    var order: [CallID] = []
    while let call = queue.next() {
      order.append(call)
      #expect(queue.next() == nil, "there is one slot")
      queue.release(after: .milliseconds(10))
    }
    #expect(order == [1, 10, 20, 2, 11, 3, 4, 5])
    #expect(queue.waiting == 0)
    #expect(queue.waitingBytes == 0)
  }

  @Test("a thousand calls of one user delay another's first call by one place")
  func isolation() {
    var queue = queue(waiting: 2000)
    for id in 1...1000 { _ = queue.enqueue(CallID(id), user: "greedy", bytes: 1) }
    _ = queue.enqueue(2000, user: "modest", bytes: 1)
    #expect(queue.next() == 1)
    queue.release(after: .zero)
    #expect(queue.next() == 2000)
  }

  @Test("the waiting room is bounded in calls and in bytes, and says when to come back")
  func bounds() {
    var queue = queue(waiting: 2, bytes: 100)
    #expect(queue.enqueue(1, user: "a", bytes: 1000) == .waits, "nothing waits and a slot is free: size is no matter")
    #expect(queue.next() == 1)
    #expect(queue.enqueue(2, user: "a", bytes: 60) == .waits)
    #expect(queue.enqueue(3, user: "a", bytes: 60) == .full(retryAfterMs: 1000))
    #expect(queue.enqueue(4, user: "b", bytes: 40) == .waits)
    #expect(queue.enqueue(5, user: "c", bytes: 0) == .full(retryAfterMs: 1000))
    queue.release(after: .seconds(20))
    #expect(queue.next() == 2)
    #expect(queue.enqueue(6, user: "c", bytes: 60) == .waits)
    #expect(queue.enqueue(7, user: "c", bytes: 0) == .full(retryAfterMs: 20_000))
  }

  @Test("those who wait are told where, at once, and then at a bounded rate")
  func notices() {
    var queue = queue()
    for (id, user) in [(1, "a"), (2, "a"), (3, "b"), (4, "a")] { _ = queue.enqueue(CallID(id), user: user, bytes: 1) }
    #expect(queue.next() == 1)
    #expect(queue.noticesDueAt == .zero)
    #expect(positions(queue.notices(now: ms(0))) == [3: 0, 2: 1, 4: 2])
    #expect(queue.noticesDueAt == nil, "nothing has changed")
    queue.release(after: .seconds(2))
    #expect(queue.next() == 3)
    #expect(queue.notices(now: ms(50)).isEmpty, "the order is walked at most every 100 ms")
    #expect(queue.notices(now: ms(100)).isEmpty, "told 100 ms ago")
    let later = queue.notices(now: ms(500))
    #expect(positions(later) == [2: 0, 4: 1])
    #expect(later.map(\.estimateMs) == [2000, 4000], "one slot, two seconds each")
    _ = queue.enqueue(5, user: "c", bytes: 1)
    #expect(positions(queue.notices(now: ms(600))) == [5: 1], "the new one at once, the overtaken one later")
    #expect(positions(queue.notices(now: ms(1000))) == [4: 2])
  }

  private func positions(_ notices: [CallQueue.Notice]) -> [CallID: Int] {
    Dictionary(uniqueKeysWithValues: notices.map { ($0.callID, $0.position) })
  }

  @Test("a cancelled call leaves, and its user keeps one place in the round")
  func cancel() {
    var queue = queue(running: 1)
    _ = queue.enqueue(1, user: "a", bytes: 5)
    _ = queue.enqueue(2, user: "b", bytes: 5)
    let cancelled = [1, 1, 99].map { queue.cancel($0) }
    #expect(cancelled == [true, false, false])
    #expect(queue.waitingBytes == 5)
    _ = queue.enqueue(3, user: "a", bytes: 5)
    _ = queue.enqueue(4, user: "a", bytes: 5)
    var order: [CallID] = []
    while let call = queue.next() {
      order.append(call)
      queue.release(after: .zero)
    }
    #expect(order == [3, 2, 4])
  }

  @Test("users who come and cancel leave nothing behind, though no slot is ever free")
  func cancelledUsers() {
    var queue = queue()
    _ = queue.enqueue(1, user: "first", bytes: 1)
    #expect(queue.next() == 1)
    _ = queue.enqueue(2, user: "patient", bytes: 1)
    for id in CallID(10)...10_000 {
      _ = queue.enqueue(id, user: "u\(id)", bytes: 1)
      _ = queue.cancel(id)
    }
    #expect(queue.waiting == 1)
    #expect(queue.users < 100)
    queue.release(after: .zero)
    #expect(queue.next() == 2)
  }

  @Test("random traffic never exceeds the slots, loses no call and starves no user")
  func random() {
    for seed in UInt64(1)...200 {
      var random = SeededRandom(seed: seed)
      var queue = queue(running: 3, waiting: 40)
      var expected: Set<CallID> = []
      var running = 0
      for id in CallID(1)...400 {
        switch Int.random(in: 0..<4, using: &random) {
        case 0, 1:
          let user = "u\(Int.random(in: 0..<8, using: &random))"
          if queue.enqueue(id, user: user, bytes: 10) == .waits { expected.insert(id) }
        case 2:
          if let some = expected.randomElement(using: &random), queue.cancel(some) { expected.remove(some) }
        default:
          if running > 0 {
            queue.release(after: .milliseconds(5))
            running -= 1
          }
        }
        while let call = queue.next() {
          running += 1
          #expect(expected.remove(call) != nil, "seed \(seed)")
        }
        #expect(running == queue.running && running <= 3, "seed \(seed)")
        #expect(queue.waiting == expected.count && queue.waitingBytes == 10 * expected.count, "seed \(seed)")
        #expect(running == 3 || expected.isEmpty, "a free slot while calls wait, seed \(seed)")
      }
    }
  }
}

extension Interval {
  static let zero = Interval(nanoseconds: 0)
}
