/// The slots of one endpoint and the calls that wait for one: first in first out within a user, round-robin among users,
/// so that a user with a thousand calls delays another's first call by one place.
///
/// It holds ids only and does no I/O; time is handed in. The order of use: `enqueue`, then `next` until it returns nil,
/// then `notices`; `release` when a call that `next` returned has ended; `cancel` for one that still waits.
package struct CallQueue: Sendable {
  /// What became of an offered call.
  package enum Admission: Sendable, Equatable {
    /// It waits, if only until the next `next`.
    case waits
    /// The waiting room is full; there may be room after so many milliseconds.
    case full(retryAfterMs: UInt32)
  }

  /// Where a call stands.
  package struct Notice: Sendable, Equatable {
    package var callID: CallID
    /// How many go before it.
    package var position: Int
    /// Until it starts, as far as can be known; 0: not known.
    package var estimateMs: Int

    package init(callID: CallID, position: Int, estimateMs: Int) {
      self.callID = callID
      self.position = position
      self.estimateMs = estimateMs
    }
  }

  private struct Waiting {
    let callID: CallID
    let bytes: Int
    var toldPosition: Int?
    var toldAt = MonotonicTime.zero
  }

  /// The whole order is walked at most this often, however many calls come and go.
  private static let walkInterval = Interval.milliseconds(100)
  private static let longestRetryMs = 600_000.0

  /// The priority class all calls of this queue belong to.
  package let lane: String
  package private(set) var running = 0
  package private(set) var waiting = 0
  package private(set) var waitingBytes = 0
  /// Users it remembers; never much more than `waiting`.
  package var users: Int { ring.count }

  private let limits: CallQueueLimits
  /// Users in the order of their next turn. A user stays here, with an empty line, when all of its calls were cancelled,
  /// until its turn comes: `lines` and `ring` always name the same users.
  private var ring = FirstInFirstOut<UserID>()
  private var lines: [UserID: FirstInFirstOut<Waiting>] = [:]
  private var owners: [CallID: UserID] = [:]
  /// Smoothed time a call holds its slot; nil until one has ended.
  private var serviceTime: Interval?
  private var hasChanged = false
  private var walkedAt: MonotonicTime?

  package init(limits: CallQueueLimits, lane: String = "interactive") {
    self.limits = limits
    self.lane = lane
  }

  /// Offers a call whose prompt has so many bytes. An id that waits already must not be offered again.
  package mutating func enqueue(_ callID: CallID, user: UserID, bytes: Int) -> Admission {
    let isRoom = waiting < limits.maximumWaiting && waitingBytes + bytes <= limits.maximumWaitingBytes
    let startsAtOnce = waiting == 0 && running < limits.maximumRunning
    guard isRoom || startsAtOnce else { return .full(retryAfterMs: retryAfterMs) }
    if lines[user] == nil { ring.append(user) }
    lines[user, default: FirstInFirstOut()].append(Waiting(callID: callID, bytes: bytes))
    owners[callID] = user
    waiting += 1
    waitingBytes += bytes
    hasChanged = true
    return .waits
  }

  /// The call whose turn it is, if a slot is free. It holds the slot until `release`.
  package mutating func next() -> CallID? {
    guard running < limits.maximumRunning else { return nil }
    while let user = ring.popFirst() {
      guard let call = lines[user]?.popFirst() else {
        lines[user] = nil
        continue
      }
      if lines[user]?.isEmpty == true { lines[user] = nil } else { ring.append(user) }
      forget(call)
      running += 1
      return call.callID
    }
    return nil
  }

  /// A call that `next` returned gives its slot back, after holding it for so long.
  package mutating func release(after service: Interval) {
    precondition(running > 0, "a slot is released once")
    running -= 1
    guard let smoothed = serviceTime else {
      serviceTime = service
      return
    }
    // An eighth of each new value: slow enough for one odd call, quick enough for a new model.
    serviceTime = Interval(nanoseconds: smoothed.nanoseconds - smoothed.nanoseconds / 8 + service.nanoseconds / 8)
  }

  /// Takes a call out of the queue; false if it does not wait.
  package mutating func cancel(_ callID: CallID) -> Bool {
    guard let user = owners[callID], let line = lines[user] else { return false }
    guard let place = (0..<line.count).first(where: { line[$0].callID == callID }) else { return false }
    if let call = lines[user]?.remove(at: place) { forget(call) }
    tidy()
    return true
  }

  /// Users whose calls were all cancelled leave the ring when they are most of it, so that it cannot grow for ever.
  private mutating func tidy() {
    guard ring.count > 2 * waiting + 64 else { return }
    var kept = FirstInFirstOut<UserID>()
    while let user = ring.popFirst() {
      if lines[user]?.isEmpty == false { kept.append(user) } else { lines[user] = nil }
    }
    ring = kept
  }

  private mutating func forget(_ call: Waiting) {
    owners[call.callID] = nil
    waiting -= 1
    waitingBytes -= call.bytes
    hasChanged = true
  }
}

// Telling those who wait where they stand.
extension CallQueue {
  /// When `notices` has something to say, if anything changed; nil: nobody waits for news.
  package var noticesDueAt: MonotonicTime? {
    guard hasChanged, waiting > 0 else { return nil }
    guard let walkedAt else { return .zero }
    return walkedAt + Self.walkInterval
  }

  /// The news for those who wait: for a call that has just come at once, for others when their place has changed, at
  /// most every `noticeInterval`. Costs a step per waiting call, at most ten times a second.
  package mutating func notices(now: MonotonicTime) -> [Notice] {
    guard let due = noticesDueAt, due <= now else { return [] }
    walkedAt = now
    hasChanged = false
    var notices: [Notice] = []
    var position = 0
    var round = 0
    var users = (0..<ring.count).map { ring[$0] }
    while !users.isEmpty {
      users.removeAll { round >= (lines[$0]?.count ?? 0) }
      for user in users {
        tell(user, round, position, now, &notices)
        position += 1
      }
      round += 1
    }
    return notices
  }

  private mutating func tell(
    _ user: UserID, _ place: Int, _ position: Int, _ now: MonotonicTime, _ notices: inout [Notice]
  ) {
    guard let call = lines[user]?[place], call.toldPosition != position else { return }
    if call.toldPosition != nil, now < call.toldAt + limits.noticeInterval {
      hasChanged = true
      return
    }
    lines[user]?[place].toldPosition = position
    lines[user]?[place].toldAt = now
    notices.append(Notice(callID: call.callID, position: position, estimateMs: estimateMs(position: position)))
  }

  private func estimateMs(position: Int) -> Int {
    guard let serviceTime else { return 0 }
    let perPlace = serviceTime.seconds * 1000 / Double(max(1, limits.maximumRunning))
    return Int(min(Double(Int32.max), perPlace * Double(position + 1)))
  }

  /// When a quarter of those who wait now have gone: a single free place would be gone before a refused caller is back.
  private var retryAfterMs: UInt32 {
    let places = waiting / 4 + 1
    return UInt32(min(Self.longestRetryMs, max(1000, Double(estimateMs(position: places - 1)))))
  }
}
