/// The calls that wait for a place at one pool of providers, and the order in which they get it.
///
/// Between lanes places are shared by weight; a lane at its cap waits, an idle-only lane comes after all others. Inside
/// a lane users take turns: one call each in a round, a dear call after as many rounds as it costs. A user's own calls
/// keep their order. So the wait of one user's call does not depend on how many calls another has waiting.
///
/// It holds no I/O and no clock. Who uses it asks for the `head`, finds it a place, and calls `take`; `release` when
/// that call has given its place back for good, or `requeue` when it is to be tried again. Every step costs the same
/// however many wait, except `notices`, which walks the order at a bounded rate.
package struct LaneQueue: Sendable {
  /// What became of an offered call.
  package enum Admission: Sendable, Equatable {
    /// It waits, if only until the next `take`.
    case waits
    /// The waiting room is full; there may be room after so many milliseconds.
    case full(retryAfterMs: UInt32)
    /// A call with this id waits already.
    case duplicate
  }

  /// The call whose turn it is. Good until the queue is changed.
  package struct Head: Sendable, Equatable {
    package let callID: CallID
    package let cost: Int
    /// It has run before.
    package let isRetry: Bool
    let index: Int
    let round: UInt64
  }

  /// A call that has got its place.
  package struct Start: Sendable, Equatable {
    package let call: QueuedCall
    /// Its lane now; what the call asked for may have been beyond the last.
    package let lane: Int
    /// Since it was offered, or offered again.
    package let waited: Interval
    /// By how much what it was told first was wrong; nil: it was told nothing.
    package let estimateError: Interval?
  }

  static let longestRetryMs = 600_000.0
  private static let minimumServices = 8

  package var limits: LaneQueueLimits
  package private(set) var waiting = 0
  package private(set) var waitingBytes = 0
  /// Calls that hold a place.
  package private(set) var running = 0

  private(set) var lanes: [LaneLine]
  var calls = Slab<WaitingCall>()
  private var indexOf: [CallID: Int] = [:]
  private var deadlines = TimeHeap<WaitingRef>()
  private var serials: UInt64 = 0
  /// Work done by the lane that was served last: what a lane that wakes up begins with.
  private var pass: UInt64 = 0
  var drain = DrainMeter()
  /// Smoothed time a call holds its place.
  private var smoothedService: Interval?
  private var services = 0
  /// The same; nil until some have ended.
  var serviceTime: Interval? { services >= Self.minimumServices ? smoothedService : nil }

  // What `notices` knows.
  var hasChanged = false
  var walkedAt: MonotonicTime?

  package init(lanes: [LaneSettings] = LaneSettings.standard, limits: LaneQueueLimits = LaneQueueLimits()) {
    precondition(!lanes.isEmpty, "a queue has a lane at least")
    self.limits = limits
    self.lanes = lanes.map { LaneLine(settings: $0, limits: limits) }
  }

  /// Whether a call waits.
  package func contains(_ callID: CallID) -> Bool { indexOf[callID] != nil }

  /// Users it remembers, each once for each lane it has calls in.
  package var users: Int { lanes.reduce(0) { $0 + $1.users } }

  // MARK: Coming

  /// Offers a call. `isPlaceFree`: it can start at once if nothing waits, so the room's size is no matter.
  package mutating func enqueue(_ call: QueuedCall, now: MonotonicTime, isPlaceFree: Bool = false) -> Admission {
    guard indexOf[call.callID] == nil else { return .duplicate }
    let lane = laneIndex(call.lane)
    let key = ByteKey(call.user)
    guard (waiting == 0 && isPlaceFree) || isRoom(call, lane, key) else {
      return .full(retryAfterMs: retryAfterMs)
    }
    let latest = lanes[lane].settings.maximumWait.map { now + $0 }
    insert(call, lane, key, since: now, startBy: Self.earlier(call.startBy, latest), retryAt: nil, now: now)
    return .waits
  }

  /// Puts a call that ran back before all of its user's, to start again from `retryAt` on. It was admitted, so there is
  /// room. Its place must have been given back by `release`.
  package mutating func requeue(_ call: QueuedCall, retryAt: MonotonicTime, startBy: MonotonicTime?, now: MonotonicTime)
  {
    precondition(indexOf[call.callID] == nil, "a call waits in one place")
    insert(
      call, laneIndex(call.lane), ByteKey(call.user), since: now, startBy: startBy, retryAt: retryAt, now: now)
  }

  private func laneIndex(_ lane: Int) -> Int { max(0, min(lane, lanes.count - 1)) }

  private func isRoom(_ call: QueuedCall, _ lane: Int, _ key: ByteKey) -> Bool {
    let share = lanes[lane].settings.maximumWaitingShare
    let bytes = max(0, call.bytes)
    return waiting < limits.maximumWaiting && waitingBytes + bytes <= limits.maximumWaitingBytes
      && lanes[lane].waiting < max(1, Int(share * Double(limits.maximumWaiting)))
      && Double(lanes[lane].waitingBytes + bytes) <= share * Double(limits.maximumWaitingBytes)
      && lanes[lane].count(of: key) < limits.maximumWaitingPerUser
  }

  private static func earlier(_ one: MonotonicTime?, _ other: MonotonicTime?) -> MonotonicTime? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
  }

  private mutating func insert(
    _ call: QueuedCall, _ lane: Int, _ key: ByteKey, since: MonotonicTime, startBy: MonotonicTime?,
    retryAt: MonotonicTime?, now: MonotonicTime
  ) {
    drain.advance(to: now, isBacklogged: waiting > 0)
    if lanes[lane].waiting == 0 { lanes[lane].pass = max(lanes[lane].pass, pass) }
    serials += 1
    let owner = lanes[lane].owner(key)
    let index = calls.insert(
      WaitingCall(
        call: call, lane: lane, user: owner, serial: serials, since: since, startBy: startBy, retryAt: retryAt))
    indexOf[call.callID] = index
    let reference = WaitingRef(index: index, serial: serials)
    if let startBy { deadlines.push(reference, at: startBy) }
    if let retryAt {
      lanes[lane].retries.push(reference, at: retryAt)
      lanes[lane].retrying += 1
      lanes[lane].update(owner) { $0.retries += 1 }
      settle(lane, owner)
    } else {
      append(index, lane, owner)
    }
    waiting += 1
    waitingBytes += max(0, call.bytes)
    lanes[lane].waiting += 1
    lanes[lane].waitingBytes += max(0, call.bytes)
    hasChanged = true
  }

  private mutating func append(_ index: Int, _ lane: Int, _ owner: Int) {
    let last = lanes[lane].owners[owner].last
    calls[index].before = last
    lanes[lane].update(owner) { owner in
      owner.last = index
      owner.first = owner.first ?? index
      owner.count += 1
    }
    if let last { calls[last].behind = index } else { lanes[lane].begins(owner, cost: calls[index].call.cost) }
  }

  // MARK: Going

  /// The call whose turn it is, when the pool has `slots` places in all; nil: none may start now. `allowsRetry`:
  /// whether one that ran before may run again now.
  package mutating func head(slots: Int, allowsRetry: Bool = true, now: MonotonicTime) -> Head? {
    if waiting == 0 { return nil }
    var best: (lane: Int, head: Head)?
    for idleOnly in [false, true] {
      for lane in lanes.indices where lanes[lane].settings.isIdleOnly == idleOnly && lanes[lane].waiting > 0 {
        guard lanes[lane].running < lanes[lane].cap(slots: slots) else {
          // At its cap it saves nothing up.
          lanes[lane].pass = max(lanes[lane].pass, pass)
          continue
        }
        if let best, lanes[best.lane].pass <= lanes[lane].pass { continue }
        if let head = head(of: lane, allowsRetry, now) { best = (lane, head) }
      }
      if let best { return best.head }
    }
    return nil
  }

  private mutating func head(of lane: Int, _ allowsRetry: Bool, _ now: MonotonicTime) -> Head? {
    if allowsRetry, let time = nextRetry(lane), time <= now, let index = lanes[lane].retries.first?.value.index {
      return Head(
        callID: calls[index].call.callID, cost: calls[index].call.cost, isRetry: true, index: index, round: 0)
    }
    guard let next = lanes[lane].next, let index = lanes[lane].owners[next.owner].first else { return nil }
    let call = calls[index].call
    return Head(callID: call.callID, cost: call.cost, isRetry: false, index: index, round: next.round)
  }

  /// Gives the head its place.
  package mutating func take(_ head: Head, now: MonotonicTime) -> Start {
    let waiter = calls[head.index]
    precondition(waiter.call.callID == head.callID, "a head is good until the queue is changed")
    drain.advance(to: now, isBacklogged: waiting > 0)
    let lane = waiter.lane
    pass = max(pass, lanes[lane].pass)
    remove(head.index, servedIn: waiter.retryAt == nil ? head.round : nil)
    if waiter.retryAt == nil {
      // A retry was paid for the first time.
      let charge = UInt64(lanes[lane].charge(waiter.call.cost)) * 1000
      lanes[lane].pass += charge / UInt64(max(1, lanes[lane].settings.weight))
    }
    lanes[lane].running += 1
    running += 1
    let error = waiter.foretold.map { $0 > now ? $0.since(now) : now.since($0) }
    return Start(call: waiter.call, lane: lane, waited: now.since(waiter.since), estimateError: error)
  }

  /// A call of the lane gives its place back, after holding it for so long. `isSample`: it says how long calls take.
  package mutating func release(lane: Int, after service: Interval, isSample: Bool = true) {
    let lane = laneIndex(lane)
    precondition(lanes[lane].running > 0, "a place is given back once")
    lanes[lane].running -= 1
    running -= 1
    guard isSample else { return }
    if waiting > 0 { drain.ended() }
    services += 1
    guard let smoothed = smoothedService else {
      smoothedService = service
      return
    }
    // An eighth of each new value: slow enough for one odd call, quick enough for a new model.
    smoothedService = Interval(nanoseconds: smoothed.nanoseconds - smoothed.nanoseconds / 8 + service.nanoseconds / 8)
  }

  /// Takes a call out of the queue; false if it does not wait.
  package mutating func cancel(_ callID: CallID) -> Bool {
    guard let index = indexOf[callID] else { return false }
    remove(index, servedIn: nil)
    return true
  }

  /// Takes out and hands over the calls whose time to start is over.
  package mutating func expire(now: MonotonicTime) -> [CallID] {
    var expired: [CallID] = []
    while let time = nextDeadline, time <= now, let entry = deadlines.popFirst() {
      expired.append(calls[entry.value.index].call.callID)
      remove(entry.value.index, servedIn: nil)
    }
    return expired
  }

  /// Takes out and hands over all calls.
  package mutating func removeAll() -> [CallID] {
    let all = calls.indices.map { calls[$0].call.callID }
    for callID in all { _ = cancel(callID) }
    return all
  }

  /// When `expire` has something to do next.
  package var nextDeadline: MonotonicTime? {
    mutating get {
      while let first = deadlines.first, !isCurrent(first.value) { _ = deadlines.popFirst() }
      return deadlines.first?.time
    }
  }

  /// Whether calls that ran before may run again now, and when the next of another lane may.
  package mutating func retries(now: MonotonicTime) -> (areDue: Bool, next: MonotonicTime?) {
    var retries: (areDue: Bool, next: MonotonicTime?) = (false, nil)
    for lane in lanes.indices {
      guard let time = nextRetry(lane) else { continue }
      if time <= now { retries.areDue = true } else { retries.next = Self.earlier(retries.next, time) }
    }
    return retries
  }

  private mutating func nextRetry(_ lane: Int) -> MonotonicTime? {
    while let first = lanes[lane].retries.first, !isCurrent(first.value) { _ = lanes[lane].retries.popFirst() }
    return lanes[lane].retries.first?.time
  }

  private func isCurrent(_ reference: WaitingRef) -> Bool {
    // In place: the whole call would be copied.
    calls.isUsed(reference.index) && calls[reference.index].serial == reference.serial
  }

  private mutating func remove(_ index: Int, servedIn round: UInt64?) {
    let waiter = calls[index]
    calls.remove(index)
    indexOf[waiter.call.callID] = nil
    let lane = waiter.lane
    waiting -= 1
    waitingBytes -= max(0, waiter.call.bytes)
    lanes[lane].waiting -= 1
    lanes[lane].waitingBytes -= max(0, waiter.call.bytes)
    hasChanged = true
    if waiter.retryAt != nil {
      lanes[lane].retrying -= 1
      lanes[lane].update(waiter.user) { $0.retries -= 1 }
      settle(lane, waiter.user)
    } else {
      unlink(waiter, lane)
      if let round {
        lanes[lane].served(waiter.user, in: round, cost: waiter.call.cost, nextCost: firstCost(lane, waiter.user))
      } else if waiter.before == nil {
        settle(lane, waiter.user)
      }
    }
    tidy(lane)
  }

  private mutating func unlink(_ waiter: WaitingCall, _ lane: Int) {
    if let before = waiter.before { calls[before].behind = waiter.behind }
    if let behind = waiter.behind { calls[behind].before = waiter.before }
    lanes[lane].update(waiter.user) { owner in
      if waiter.before == nil { owner.first = waiter.behind }
      if waiter.behind == nil { owner.last = waiter.before }
      owner.count -= 1
    }
  }

  private func firstCost(_ lane: Int, _ owner: Int) -> Int? {
    lanes[lane].owners[owner].first.map { calls[$0].call.cost }
  }

  private mutating func settle(_ lane: Int, _ owner: Int) {
    lanes[lane].settle(owner, firstCost: firstCost(lane, owner))
  }

  /// Entries of calls that have left are dropped when they are most of a heap, so that none can grow for ever.
  private mutating func tidy(_ lane: Int) {
    if deadlines.count > 2 * waiting + 64 {
      let calls = calls
      deadlines.filter { calls.get($0.index)?.serial == $0.serial }
    }
    if lanes[lane].retries.count > 2 * lanes[lane].retrying + 64 {
      let calls = calls
      lanes[lane].retries.filter { calls.get($0.index)?.serial == $0.serial }
    }
  }

  // MARK: Change of rules

  /// Takes over other lanes and limits. Lanes that stay are known by their names; calls that wait or run in one that is
  /// gone are those of the last lane from now on. Returns the new index of each lane there was.
  package mutating func adopt(lanes settings: [LaneSettings], limits: LaneQueueLimits, now: MonotonicTime) -> [Int] {
    precondition(!settings.isEmpty, "a queue has a lane at least")
    let renamed = lanes.map { old in settings.firstIndex { $0.name == old.settings.name } ?? settings.count - 1 }
    let earlier = lanes
    let waiters = calls.indices.map { calls[$0] }.sorted { $0.serial < $1.serial }
    self.limits = limits
    lanes = settings.map { LaneLine(settings: $0, limits: limits) }
    for lane in earlier.indices {
      lanes[renamed[lane]].running += earlier[lane].running
      lanes[renamed[lane]].pass = max(lanes[renamed[lane]].pass, earlier[lane].pass)
    }
    calls = Slab()
    indexOf = [:]
    deadlines = TimeHeap()
    (waiting, waitingBytes) = (0, 0)
    for waiter in waiters {
      var call = waiter.call
      call.lane = renamed[waiter.lane]
      insert(
        call, call.lane, ByteKey(call.user), since: waiter.since, startBy: waiter.startBy, retryAt: waiter.retryAt,
        now: now)
    }
    return renamed
  }
}
