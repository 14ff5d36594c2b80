import Testing
import WeirCore

@Suite("Lane queue model")
struct LaneQueueModelTests {
  /// What must be so, kept in the plainest way.
  private struct Model {
    var waiting: [CallID: (user: String, lane: Int, isRetry: Bool)] = [:]
    var running: [CallID: (call: QueuedCall, lane: Int)] = [:]
    var lastFirst: [String: CallID] = [:]
  }

  @Test(
    "random traffic never exceeds places or caps, loses no call, keeps each user's order",
    arguments: 1...60 as ClosedRange<UInt64>)
  func random(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var lanes = LaneSettings.standard
    for lane in lanes.indices { lanes[lane].maximumWait = .seconds(20) }
    var limits = LaneQueueLimits()
    limits.maximumWaiting = 60
    limits.quantum = 100
    var queue = LaneQueue(lanes: lanes, limits: limits)
    var model = Model()
    var now = MonotonicTime.zero
    for id in CallID(1)...500 {
      now = now + .milliseconds(UInt64.random(in: 0...200, using: &random))
      let slots = 5
      switch Int.random(in: 0..<8, using: &random) {
      case 0...3:
        let lane = Int.random(in: 0...2, using: &random)
        let user = "u\(Int.random(in: 0..<6, using: &random))"
        let call = QueuedCall(
          callID: id, user: user, lane: lane, cost: Int.random(in: 1...900, using: &random), bytes: 10)
        if queue.enqueue(call, now: now) == .waits { model.waiting[id] = ("\(user)/\(lane)", lane, false) }
      case 4:
        if let some = model.waiting.keys.sorted().randomElement(using: &random) {
          let isGone = queue.cancel(some)
          #expect(isGone, "seed \(seed)")
          model.waiting[some] = nil
        }
      case 5:
        for gone in queue.expire(now: now) { #expect(model.waiting.removeValue(forKey: gone) != nil, "seed \(seed)") }
      default:
        guard let some = model.running.keys.sorted().randomElement(using: &random),
          let (call, lane) = model.running.removeValue(forKey: some)
        else { break }
        queue.release(lane: lane, after: .milliseconds(5))
        if Bool.random(using: &random) {
          let delay = Interval.milliseconds(UInt64.random(in: 0...300, using: &random))
          queue.requeue(call, retryAt: now + delay, startBy: now + .seconds(10), now: now)
          model.waiting[some] = ("\(call.user)/\(lane)", lane, true)
        }
      }
      while queue.running < slots,
        let head = queue.head(slots: slots, allowsRetry: Bool.random(using: &random), now: now)
      {
        let start = queue.take(head, now: now)
        guard let waiter = model.waiting.removeValue(forKey: head.callID) else {
          Issue.record("seed \(seed): call \(head.callID) started and did not wait")
          return
        }
        #expect(waiter.lane == start.lane && waiter.isRetry == head.isRetry, "seed \(seed)")
        if waiter.lane == 2 {
          let others = model.waiting.values.contains { $0.lane < 2 && !$0.isRetry && !isBehindRetry($0.user, model) }
          #expect(!others, "seed \(seed): batch before people")
        }
        if !head.isRetry {
          #expect(!isBehindRetry(waiter.user, model), "seed \(seed): before its user's retry")
          #expect((model.lastFirst[waiter.user] ?? 0) < head.callID, "seed \(seed): out of its user's order")
          model.lastFirst[waiter.user] = head.callID
        }
        model.running[head.callID] = (start.call, start.lane)
        #expect(model.running.values.count { $0.lane == 2 } <= 2, "seed \(seed)")
      }
      #expect(queue.running == model.running.count && queue.running <= slots, "seed \(seed)")
      #expect(queue.waiting == model.waiting.count && queue.waitingBytes == 10 * queue.waiting, "seed \(seed)")
      #expect(queue.users == Set(model.waiting.values.map(\.user)).count, "seed \(seed)")
    }
  }

  private func isBehindRetry(_ user: String, _ model: Model) -> Bool {
    model.waiting.values.contains { $0.user == user && $0.isRetry }
  }
}
