internal import WeirWire

// Where a call goes.
extension Gateway {
  enum Choice: Sendable, Equatable {
    case use(endpoint: Int, key: Int, isProbe: Bool)
    /// Not now. `until`: before then nothing changes unless a call ends; nil: not known.
    case wait(QueueReason, until: MonotonicTime?)
    case noKey
  }

  /// The endpoint for a call of this cost: of the best priority at which one can be used at all; one that is to be
  /// probed first, else the less loaded of two that are drawn. `avoiding`: the one that has just failed the call, if
  /// there is another of any priority; for a hedge, of the same.
  mutating func choose(
    _ pool: Int, cost: Int, avoiding: Int?, isHedge: Bool = false, _ now: MonotonicTime
  ) -> Choice {
    var isLimited = false
    var isDown = false
    var earliest: MonotonicTime?
    var spare: Choice?
    func note(_ time: MonotonicTime?) { if let time { earliest = min(earliest ?? time, time) } }
    for tier in pools[pool].tiers {
      var ready: [(endpoint: Int, key: Int)] = []
      var isBusy = false
      for index in tier {
        switch endpoints[index].availability(cost: cost, now: now) {
        case .ready(let key, isProbe: true): return .use(endpoint: index, key: key, isProbe: true)
        case .ready(let key, isProbe: false): ready.append((index, key))
        case .full: isBusy = true
        case .limited(let until):
          isLimited = true
          note(until)
          if until.since(now) <= Self.shortWait { isBusy = true }
        case .down(let until):
          isDown = true
          note(until)
        case .keyless(let until): note(until)
        }
      }
      if let (endpoint, key) = draw(ready, avoiding) {
        let use = Choice.use(endpoint: endpoint, key: key, isProbe: false)
        if endpoint != avoiding || isHedge { return use }
        spare = spare ?? use
      }
      if isBusy, spare == nil { return .wait(isLimited ? .rateLimit : .capacity, until: earliest) }
    }
    if let spare { return spare }
    if isLimited { return .wait(.rateLimit, until: earliest) }
    return isDown || pools[pool].tiers.isEmpty ? .wait(.providerDown, until: earliest) : .noKey
  }

  /// The better of two that are drawn: nearly as good as the best of all, and not all callers run to the same one.
  private mutating func draw(
    _ ready: [(endpoint: Int, key: Int)], _ avoiding: Int?
  ) -> (endpoint: Int, key: Int)? {
    var ready = ready
    if ready.count > 1, let avoiding { ready.removeAll { $0.endpoint == avoiding } }
    guard ready.count > 1 else { return ready.first }
    let first = ready.remove(at: Int.random(in: 0..<ready.count, using: &random))
    let second = ready[Int.random(in: 0..<ready.count, using: &random)]
    let usual = endpoints[second.endpoint].latency.seconds ?? endpoints[first.endpoint].latency.seconds ?? 1
    let one = endpoints[first.endpoint].load(otherwise: usual)
    let other = endpoints[second.endpoint].load(otherwise: endpoints[first.endpoint].latency.seconds ?? 1)
    return one <= other ? first : second
  }

  /// The pool's places: those of the endpoints that can be used at the best priority at which one can.
  func slots(_ pool: Int, _ now: MonotonicTime) -> Int {
    for tier in pools[pool].tiers {
      var slots = 0
      for index in tier {
        switch endpoints[index].availability(cost: 1, now: now) {
        case .ready(_, isProbe: true): slots += 1
        case .ready, .full: slots += endpoints[index].slots
        case .limited(let until): if until.since(now) <= Self.shortWait { slots += endpoints[index].slots }
        case .down, .keyless: break
        }
      }
      if slots > 0 { return slots }
    }
    return 1
  }
}
