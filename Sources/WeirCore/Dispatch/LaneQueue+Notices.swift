package import WeirWire

/// Where a call stands.
package struct QueueNotice: Sendable, Equatable {
  package var callID: CallID
  /// How many of its lane go before it.
  package var position: Int
  package var lane: Int
  package var reason: QueueReason
  /// Until it starts, as far as can be known; 0: not known.
  package var estimateMs: Int
}

/// Why those who wait do so.
package struct QueueSituation: Sendable, Equatable {
  /// Places in all, those taken included.
  package var slots: Int
  package var reason: QueueReason
  /// Nothing starts before that, if it is known.
  package var heldUntil: MonotonicTime?

  package init(slots: Int, reason: QueueReason = .capacity, heldUntil: MonotonicTime? = nil) {
    self.slots = slots
    self.reason = reason
    self.heldUntil = heldUntil
  }
}

/// How many notices may go out: two thousand in any second, a thousand in the long run, however many calls wait. One
/// for all queues.
package struct NoticeBudget: Sendable {
  private static let perSecond = 1000.0
  private static let burst = 1000.0

  private var left = NoticeBudget.burst
  private var at = MonotonicTime.zero

  package init() {}

  /// How many may go now.
  fileprivate mutating func available(now: MonotonicTime) -> Int {
    left = min(Self.burst, left + now.since(at).seconds * Self.perSecond)
    at = max(at, now)
    return Int(left)
  }

  fileprivate mutating func spend(_ count: Int) { left -= Double(count) }
}

// Telling those who wait where they stand.
extension LaneQueue {
  /// The order is walked at most this often; a long one less often, since the walk costs a step per call and most could
  /// not be told more often anyway.
  private var walkInterval: Interval {
    max(.milliseconds(100), Interval(nanoseconds: UInt64(waiting) * 100_000))
  }

  /// When `notices` has something to say, if anything changed; nil: nobody waits for news.
  package var noticesDueAt: MonotonicTime? {
    guard hasChanged, waiting > 0 else { return nil }
    guard let walkedAt else { return .zero }
    return walkedAt + walkInterval
  }

  private struct News {
    let index: Int
    let position: Int
    let toldAt: MonotonicTime
  }

  /// The news for those who wait: for a call that has come as soon as there is leave, for others when their place or
  /// the reason has changed, at most every `noticeInterval`. Who has waited longest for news comes first.
  package mutating func notices(
    now: MonotonicTime, situation: QueueSituation, budget: inout NoticeBudget
  ) -> [QueueNotice] {
    guard let due = noticesDueAt, due <= now else { return [] }
    walkedAt = now
    hasChanged = false
    drain.advance(to: now, isBacklogged: true)
    var notices: [QueueNotice] = []
    for lane in lanes.indices where lanes[lane].waiting > 0 {
      var (news, isMoreLater) = news(of: lane, situation.reason, now)
      if isMoreLater { hasChanged = true }
      let leave = budget.available(now: now)
      if news.count > leave {
        hasChanged = true
        news.sort { ($0.toldAt, $0.position) < ($1.toldAt, $1.position) }
        news.removeLast(news.count - leave)
      }
      budget.spend(news.count)
      for one in news { notices.append(tell(one, lane, situation, now)) }
    }
    return notices
  }

  /// Who is to be told what; and whether some are to be told, but were told too short a time ago.
  private func news(of lane: Int, _ reason: QueueReason, _ now: MonotonicTime) -> (news: [News], isMoreLater: Bool) {
    var news: [News] = []
    var isLater = false
    walk(lane) { index, position in
      let call = calls[index]
      if call.toldPosition == position, call.toldReason == Self.reason(for: call, reason) { return }
      if call.toldPosition != nil, now < call.toldAt + limits.noticeInterval {
        isLater = true
        return
      }
      news.append(News(index: index, position: position, toldAt: call.toldAt))
    }
    return (news, isLater)
  }

  private static func reason(for call: WaitingCall, _ reason: QueueReason) -> QueueReason {
    call.retryAt != nil && reason == .capacity ? .retry : reason
  }

  private mutating func tell(
    _ news: News, _ lane: Int, _ situation: QueueSituation, _ now: MonotonicTime
  ) -> QueueNotice {
    let estimate = estimateMs(lane: lane, position: news.position, situation, now)
    let reason = Self.reason(for: calls[news.index], situation.reason)
    calls[news.index].toldPosition = news.position
    calls[news.index].toldReason = reason
    calls[news.index].toldAt = now
    if estimate > 0, calls[news.index].foretold == nil {
      calls[news.index].foretold = now + .milliseconds(UInt64(estimate))
    }
    return QueueNotice(
      callID: calls[news.index].call.callID, position: news.position, lane: lane, reason: reason,
      estimateMs: estimate)
  }

  /// Visits the lane's calls in the order in which they would start if no other came: as the wheel would turn.
  private func walk(_ lane: Int, _ visit: (_ index: Int, _ position: Int) -> Void) {
    let line = lanes[lane]
    var position = 0
    if line.retrying > 0 {
      let retries = line.retries.entries.sorted { ($0.time, $0.number) < ($1.time, $1.number) }
      for entry in retries where calls.get(entry.value.index)?.serial == entry.value.serial {
        visit(entry.value.index, position)
        position += 1
      }
    }
    var buckets: [[(call: Int, credit: Int)]] = line.order.map { owners in
      owners.compactMap { owner in line.owners[owner].first.map { ($0, line.owners[owner].credit) } }
    }
    var round = 0
    while position < line.waiting {
      let turn = round % buckets.count
      let bucket = buckets[turn]
      buckets[turn] = []
      for (index, credit) in bucket {
        visit(index, position)
        position += 1
        guard let behind = calls[index].behind else { continue }
        let left = line.creditLeft(credit, after: calls[index].call.cost)
        let rounds = line.rounds(for: calls[behind].call.cost, credit: left)
        buckets[(round + rounds) % buckets.count].append((behind, left))
      }
      round += 1
    }
  }

  /// Time between two starts: as that between two ends was, else as it follows from how long calls take.
  private func secondsPerCall(slots: Int) -> Double? {
    guard let serviceTime else { return nil }
    return drain.secondsPerCall(lasting: serviceTime) ?? serviceTime.seconds / Double(max(1, slots))
  }

  /// Until a call at this position of its lane starts: those before it in its lane, and what the other lanes get
  /// meanwhile.
  private func estimateMs(lane: Int, position: Int, _ situation: QueueSituation, _ now: MonotonicTime) -> Int {
    guard let perCall = secondsPerCall(slots: situation.slots) else { return 0 }
    let ahead = Double(position + 1)
    var places = ahead
    for other in lanes.indices where other != lane && !lanes[other].settings.isIdleOnly {
      let waiting = Double(lanes[other].waiting)
      if lanes[lane].settings.isIdleOnly {
        places += waiting
      } else {
        let share = Double(lanes[other].settings.weight) / Double(max(1, lanes[lane].settings.weight))
        places += min(waiting, ahead * share)
      }
    }
    var seconds = places * perCall
    let cap = lanes[lane].cap(slots: situation.slots)
    if let serviceTime, cap < situation.slots { seconds = max(seconds, ahead * serviceTime.seconds / Double(cap)) }
    if let held = situation.heldUntil { seconds += held.since(now).seconds }
    return Int(min(Double(Int32.max), max(1, seconds * 1000)))
  }

  /// When a quarter of those who wait now have gone: a single free place would be gone before a refused caller is back.
  package var retryAfterMs: UInt32 {
    let perCall = secondsPerCall(slots: running) ?? 0
    return UInt32(min(Self.longestRetryMs, max(1000, Double(waiting / 4 + 1) * perCall * 1000)))
  }

  /// Calls of a lane that wait and that hold a place.
  func counts(lane: Int) -> (waiting: Int, running: Int) { (lanes[lane].waiting, lanes[lane].running) }

  /// A lane's figures.
  package struct LaneFigures: Sendable, Equatable {
    package var name: String
    package var waiting: Int
    package var waitingBytes: Int
    package var running: Int
    /// How long the oldest has waited.
    package var oldestWait: Interval
  }

  /// All lanes' figures. Costs a step per waiting call.
  package func figures(now: MonotonicTime) -> [LaneFigures] {
    var figures = lanes.map {
      LaneFigures(
        name: $0.settings.name, waiting: $0.waiting, waitingBytes: $0.waitingBytes, running: $0.running,
        oldestWait: Interval(nanoseconds: 0))
    }
    for index in calls.indices {
      let call = calls[index]
      figures[call.lane].oldestWait = max(figures[call.lane].oldestWait, now.since(call.since))
    }
    return figures
  }
}
