/// How many calls an endpoint is given at once: up while it takes them, down at once when it says that it has no room
/// or answers ever more slowly (additive increase, multiplicative decrease).
///
/// It remembers how many calls had room when one had not. It goes back up to there, and beyond only now and then, by
/// one call: a failed try costs one refusal, and makes the next one wait longer.
///
/// What slowness has taken off comes back with time, for as long as calls wait and none is slow: answers may last for
/// minutes, and who waits until one of them has ended to see whether a new one is slow waits too long.
package struct AdaptiveLimit: Sendable {
  package static let floor = 1
  private static let manyCalls = 64.0
  private static let decrease = 0.7
  private static let latencyDecrease = 0.9
  private static let strainDecrease = 0.8
  private static let firstProbeWait = Interval.seconds(10)
  private static let shortestProbeWait = Interval.seconds(1)
  private static let longestProbeWait = Interval.seconds(120)
  /// What latency may grow to before it counts as overload: by this factor, and by so many seconds at least. What is less
  /// nobody who reads an answer notices, and a busy processor of our own makes that much.
  private static let tolerance = 3.0
  private static let slack = 0.25
  /// By this much of itself it eases in a second, in steps no shorter than `easeStep`.
  private static let easeRate = 0.1
  private static let easeStep = Interval.milliseconds(100)
  /// First tokens that a judgement of latency rests on.
  private static let minimumSamples = 8

  private let ceiling: Double
  private var limit: Double
  /// Below this it grows with each call that is taken, above it by one for each round of calls.
  private var threshold: Double
  /// So many had room when one more had not; nil: that has not been seen.
  private var room: Double?
  private var probeWait = AdaptiveLimit.firstProbeWait
  private var probesAt = MonotonicTime.zero
  private var decreasedAt: MonotonicTime?
  private var refusedAt: MonotonicTime?
  /// The limit before the last decrease.
  private var before: Double
  private var latency = LatencyBaseline()
  /// Slowness alone has lowered it, and since then it has not been eased later than that; nil: something else has, or
  /// nothing.
  private var easedAt: MonotonicTime?

  /// Starts at `initial` and never exceeds `ceiling`.
  package init(initial: Int, ceiling: Int) {
    self.ceiling = Double(max(Self.floor, ceiling))
    limit = min(self.ceiling, Double(max(Self.floor, initial)))
    threshold = self.ceiling
    before = limit
  }

  /// The same under another ceiling.
  func adopting(ceiling: Int) -> AdaptiveLimit {
    var adopted = AdaptiveLimit(initial: current, ceiling: ceiling)
    if self.ceiling == adopted.ceiling { return self }
    adopted.room = room
    adopted.threshold = threshold < self.ceiling ? min(threshold, adopted.ceiling) : adopted.ceiling
    adopted.probeWait = probeWait
    adopted.probesAt = probesAt
    adopted.latency = latency
    return adopted
  }

  /// Calls that may be under way at once.
  package var current: Int { max(Self.floor, Int(limit)) }

  /// Whether so many calls are most of those allowed: only then do they show anything of the limit.
  private func isUsed(by calls: Int) -> Bool { calls * 5 >= current * 4 }

  /// The endpoint has taken a call, which started when `atStart` were under way, itself included. `inFlight`: how many
  /// are now.
  package mutating func accepted(atStart: Int, inFlight: Int, startedAt: MonotonicTime, now: MonotonicTime) {
    guard startedAt >= decreasedAt ?? .zero else { return }
    // Those that were about to be refused at its start were under way, but took no room.
    if let known = room, Double(atStart) > known, refusedAt.map({ $0 < startedAt }) ?? true {
      // There is more room than there was.
      room = Double(atStart)
      probeWait = max(Self.shortestProbeWait, Interval(nanoseconds: probeWait.nanoseconds / 2))
      probesAt = now + probeWait
    }
    guard isUsed(by: inFlight) else { return }
    guard let room else {
      // One for this call, which stays for as long as its answer takes. While nothing has gone wrong and many have been
      // taken, one more: so those that wait for their first token double with each round, as in TCP, also where answers
      // take much longer than first tokens. Not before: a small provider is not to refuse as many as it takes.
      let step = threshold == ceiling && limit >= Self.manyCalls ? 2.0 : limit < threshold ? 1 : 1 / limit
      limit = min(ceiling, limit + step)
      return
    }
    let grown = min(ceiling, limit + (limit < threshold ? 1 : 1 / limit))
    if limit < room {
      limit = min(grown, room)
    } else if limit < room + 1, probesAt <= now {
      limit = min(ceiling, room + 1)
    }
  }

  /// The endpoint had no room for a call that started when `atStart` were under way, itself included. `inFlight`: how
  /// many were when it said so.
  package mutating func overloaded(atStart: Int, inFlight: Int, startedAt: MonotonicTime, now: MonotonicTime) {
    let others = Double(max(0, atStart - 1))
    refusedAt = now
    easedAt = nil
    if let room, others >= room {
      // A try for more room that failed.
      limit = min(limit, room)
      probeWait = min(Self.longestProbeWait, Interval(nanoseconds: probeWait.nanoseconds * 2))
      probesAt = now + probeWait
      return
    }
    // Of calls that went off together one decrease is enough; the rest tell how many had room.
    guard decreasedAt.map({ startedAt > $0 }) ?? true else {
      room = room.map { max(Double(Self.floor), min($0, others)) }
      limit = max(Double(Self.floor), min(limit, others))
      threshold = min(threshold, max(limit, before * Self.decrease))
      return
    }
    before = limit
    if others < 1 {
      // Not one has room: it is not about how many at once. It begins anew, and how fast is said by when.
      limit = Double(Self.floor)
      threshold = max(limit, before * Self.decrease)
      room = nil
    } else if isUsed(by: max(atStart, inFlight)) {
      limit = max(Double(Self.floor), min(others, room == nil ? limit : limit * Self.decrease))
      threshold = limit
      room = others
    } else {
      // Many more had room before: another limit of the provider's, such as calls in a minute.
      limit = max(others, limit * Self.decrease)
      threshold = limit
    }
    probeWait = Self.firstProbeWait
    probesAt = now + probeWait
    decreasedAt = now
  }

  /// A first token took so long. Rising times are a queue at the endpoint: fewer at once then.
  package mutating func measured(_ time: Interval, startedAt: MonotonicTime, now: MonotonicTime) {
    // Those from before a decrease do not show what it did.
    guard startedAt >= decreasedAt ?? .zero else { return }
    latency.record(time.seconds, now: now)
    guard let usual = latency.usual, latency.samples >= Self.minimumSamples else { return }
    guard latency.recent > usual * Self.tolerance + Self.slack, current > Self.floor else { return }
    limit = max(Double(Self.floor), limit * Self.latencyDecrease)
    threshold = limit
    decreasedAt = now
    easedAt = now
    latency.judged()
  }

  /// When it could be eased next; nil: it is not as low as it is because of slowness.
  package var easesAt: MonotonicTime? {
    guard let easedAt, limit < min(ceiling, room ?? ceiling) else { return nil }
    // Less than a whole call is nothing to wake up for.
    let whole = Interval(nanoseconds: UInt64(1e9 / (limit * Self.easeRate)))
    return easedAt + max(Self.easeStep, whole)
  }

  /// Calls wait for a place while all are taken. To be said again and again: the time between is what it eases by.
  package mutating func eases(now: MonotonicTime) {
    guard let easesAt, easesAt <= now, let easedAt else { return }
    // After a time in which nobody waited it does not jump: slowness is looked for on the way.
    let seconds = min(1 / Self.easeRate / limit + 1, now.since(easedAt).seconds)
    limit = min(ceiling, room ?? ceiling, limit + max(1, limit * Self.easeRate * seconds))
    self.easedAt = now
  }

  /// A call failed that started when `atStart` were under way, itself included: that may be a way to have no room, too,
  /// so one fewer at once. `isOften`: it is no accident, and a decrease that counts.
  package mutating func failed(atStart: Int, isOften: Bool, startedAt: MonotonicTime, now: MonotonicTime) {
    easedAt = nil
    if isUsed(by: atStart) { limit = max(Double(Self.floor), min(limit, Double(atStart - 1))) }
    if isOften, startedAt >= decreasedAt ?? .zero {
      limit = max(Double(Self.floor), limit * Self.strainDecrease)
      decreasedAt = now
    }
    threshold = min(threshold, limit)
  }

  /// The endpoint was down and answers again: it begins with one call, doubles with each round up to half of what it
  /// had, and goes on by one for each round.
  package mutating func recovers(now: MonotonicTime) {
    threshold = max(Double(Self.floor), limit / 2)
    limit = Double(Self.floor)
    decreasedAt = now
    easedAt = nil
    latency = LatencyBaseline()
  }
}
