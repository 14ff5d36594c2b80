/// The fake provider's limits: answers at once, requests in any minute, outages. A value, moved by the time it is given.
struct FakeLimiter {
  enum Verdict: Equatable {
    case admitted(remaining: Int?)
    /// Too many at once, or in a minute; so many seconds until it is worth another try.
    case limited(retryAfterSeconds: Int)
    /// It is down.
    case down
  }

  private var settings: FakeSettings
  /// When outages are counted from.
  private var epoch: Double
  /// The times of the requests of the last minute, oldest first.
  private var recent: [Double] = []
  /// Those before are older than a minute.
  private var firstRecent = 0

  init(_ settings: FakeSettings, now: Double) {
    self.settings = settings
    epoch = now
  }

  /// An outage is counted from now on if it is another than before.
  mutating func change(_ settings: FakeSettings, now: Double) {
    let isOther =
      (settings.downAfterSeconds, settings.downForSeconds)
      != (self.settings.downAfterSeconds, self.settings.downForSeconds)
    if isOther { epoch = now }
    self.settings = settings
  }

  /// Whether a request at `now` is answered while `running` are.
  mutating func admit(running: Int, now: Double) -> Verdict {
    while firstRecent < recent.count, recent[firstRecent] <= now - 60 { firstRecent += 1 }
    if firstRecent > 1024 {
      recent.removeFirst(firstRecent)
      firstRecent = 0
    }
    let sinceEpoch = now - epoch
    var concurrent = settings.concurrent
    if let after = settings.downAfterSeconds, sinceEpoch >= after {
      let up = after + settings.downForSeconds
      if sinceEpoch < up { return .down }
      if settings.slowStartSeconds > 0, concurrent > 0 {
        let share = (sinceEpoch - up) / settings.slowStartSeconds
        concurrent = max(1, min(concurrent, Int(Double(concurrent) * share)))
      }
    }
    if settings.requestsPerMinute > 0, recent.count - firstRecent >= settings.requestsPerMinute {
      return .limited(retryAfterSeconds: max(1, Int((recent[firstRecent] + 60 - now).rounded(.up))))
    }
    if concurrent > 0, running >= concurrent {
      return .limited(retryAfterSeconds: max(1, settings.retryAfterSeconds))
    }
    if settings.requestsPerMinute == 0 { return .admitted(remaining: nil) }
    recent.append(now)
    return .admitted(remaining: settings.requestsPerMinute - (recent.count - firstRecent))
  }
}
