/// Everything that is decided between users and providers: which call goes next, where it goes, and whether it is tried
/// again. Pools of endpoints by model, the queue of each, the health of each endpoint, and one budget for second
/// attempts.
///
/// It does no I/O, reads no clock and draws from its own seeded source, so that any day of traffic can be replayed. Who
/// drives it offers calls (`submit`, `cancel`), reports what becomes of attempts (`headers`, `firstToken`, `ended`),
/// and after each batch of that, or when `nextDeadline` comes, carries out what `poll` says. A call admitted ends
/// exactly once: by an attempt's verdict `.ends`, by an action `.fail`, or by `cancel`.
package struct Gateway: Sendable {
  static let maximumEvents = 256
  /// An endpoint that must be spared for no longer than this counts as usable: it is waited for.
  static let shortWait = Interval.seconds(1)

  package private(set) var settings: GatewaySettings
  var endpoints = Slab<EndpointHealth>()
  var endpointOf: [String: Int] = [:]
  var pools: [Pool] = []
  var poolOf: [String: Int] = [:]
  var calls: [CallID: CallState] = [:]
  var attempts: [AttemptID: Attempt] = [:]
  var lastAttempt: AttemptID = 0
  var budget: RetryBudget
  var notices = NoticeBudget()
  var hedges = TimeHeap<AttemptID>()
  var random: SplitMix64
  /// Decided between two polls.
  var pending: [GatewayAction] = []
  var polledAt = MonotonicTime.zero
  /// Something has happened since that a poll may have to act on.
  var hasNews = false
  var events: [GatewayEvent] = []
  /// The pool that is served first: each in turn, where they share endpoints.
  var turn = 0
  package internal(set) var totals = GatewayTotals()
  /// How long what comes from endpoints waits to be looked at, because the process is busy. An endpoint is not judged by it.
  package var ownDelay = Interval(nanoseconds: 0)

  package init(_ settings: GatewaySettings, seed: UInt64) {
    self.settings = settings
    budget = RetryBudget(share: settings.retries.budgetShare, minimum: settings.retries.budgetMinimum)
    random = SplitMix64(seed: seed)
    for endpoint in settings.endpoints { endpointOf[endpoint.name] = endpoints.insert(EndpointHealth(endpoint)) }
    for pool in settings.pools { add(pool) }
  }

  /// Calls that wait, in all pools.
  package var waiting: Int { pools.reduce(0) { $0 + $1.queue.waiting } }
  /// Calls that hold a place, in all pools.
  package var running: Int { pools.reduce(0) { $0 + $1.queue.running } }

  /// What happened that an operator wants to know of, once. The oldest are forgotten if nobody asks.
  package mutating func takeEvents() -> [GatewayEvent] {
    defer { events = [] }
    return events
  }

  mutating func note(_ event: GatewayEvent) {
    if events.count >= Self.maximumEvents { events.removeFirst(Self.maximumEvents / 2) }
    events.append(event)
  }

  // MARK: Coming and going

  /// Offers a call.
  package mutating func submit(_ call: GatewayCall, now: MonotonicTime) -> GatewayAdmission {
    guard let index = poolOf[call.model] else { return .unknownModel }
    guard calls[call.callID] == nil else { return .duplicate }
    let choice = choose(index, cost: call.cost, avoiding: nil, now)
    if choice == .noKey { return .noUsableKey }
    var isPlaceFree = false
    if case .use = choice { isPlaceFree = true }
    let queued = QueuedCall(
      callID: call.callID, user: call.user, lane: call.lane, cost: call.cost, bytes: call.bytes, startBy: call.startBy)
    switch pools[index].queue.enqueue(queued, now: now, isPlaceFree: isPlaceFree && waiting == 0) {
    case .duplicate: return .duplicate
    case .full(let retryAfterMs):
      totals.refused += 1
      return .full(retryAfterMs: retryAfterMs)
    case .waits: break
    }
    if isOverfull, !(isPlaceFree && waiting == 1) {
      _ = pools[index].queue.cancel(call.callID)
      totals.refused += 1
      return .full(retryAfterMs: pools[index].queue.retryAfterMs)
    }
    calls[call.callID] = CallState(
      pool: index, submittedAt: now, queued: queued, mayResumeElsewhere: call.mayResumeElsewhere)
    pools[index].calls += 1
    hasNews = true
    return .admitted
  }

  /// The room is that of all pools together.
  private var isOverfull: Bool {
    pools.count > 1
      && (waiting > settings.queue.maximumWaiting
        || pools.reduce(0) { $0 + $1.queue.waitingBytes } > settings.queue.maximumWaitingBytes)
  }

  /// The user wants no more of it. Attempts under way are to be cut, and their ends reported as cancelled; their ids
  /// are returned.
  package mutating func cancel(_ callID: CallID, now: MonotonicTime) -> [AttemptID] {
    guard let call = calls[callID] else { return [] }
    _ = pools[call.pool].queue.cancel(callID)
    for attempt in call.live { attempts[attempt]?.isAborted = true }
    forget(callID, isSample: false, now: now)
    return call.live
  }

  /// The call is over: its place is free, and nothing of it is kept.
  mutating func forget(_ callID: CallID, isSample: Bool, now: MonotonicTime) {
    guard let call = calls.removeValue(forKey: callID) else { return }
    hasNews = true
    if let lane = call.lane {
      pools[call.pool].queue.release(lane: lane, after: now.since(call.startedAt), isSample: isSample)
    }
    pools[call.pool].calls -= 1
  }

  // MARK: Change of rules

  /// Takes over other settings while calls wait and run. Endpoints that stay, by name, keep what is known of their
  /// health, and keys that stay, by number; those that are gone end their calls and get no more. Calls that wait for a
  /// model that is gone fail.
  package mutating func update(_ settings: GatewaySettings, now: MonotonicTime) {
    let isQueueChanged = settings.lanes != self.settings.lanes || settings.queue != self.settings.queue
    self.settings = settings
    hasNews = true
    budget = budget.adopting(share: settings.retries.budgetShare, minimum: settings.retries.budgetMinimum)
    let names = Set(settings.endpoints.map(\.name))
    for index in endpoints.indices where !names.contains(endpoints[index].settings.name) {
      endpoints[index].isDraining = true
      dropIfDrained(index)
    }
    for endpoint in settings.endpoints {
      if let known = endpointOf[endpoint.name] {
        endpoints[known].adopt(endpoint)
      } else {
        endpointOf[endpoint.name] = endpoints.insert(EndpointHealth(endpoint))
      }
    }
    let models = Set(settings.pools.map(\.model))
    for index in pools.indices where !pools[index].isRemoved && !models.contains(pools[index].settings.model) {
      remove(pool: index, now: now)
    }
    if isQueueChanged { for index in pools.indices { adoptQueue(index, now) } }
    for pool in settings.pools {
      if let known = poolOf[pool.model] { adopt(pool, at: known) } else { add(pool) }
    }
  }

  private mutating func add(_ pool: PoolSettings) {
    let made = Pool(
      settings: pool, tiers: tiers(pool), queue: LaneQueue(lanes: settings.lanes, limits: settings.queue),
      throttle: AdaptiveThrottle(multiplier: settings.throttleMultiplier))
    // A place that a removed pool has left for good is used again, so that changes do not add up.
    if let free = pools.firstIndex(where: { $0.isRemoved && $0.calls == 0 }) {
      pools[free] = made
      poolOf[pool.model] = free
    } else {
      pools.append(made)
      poolOf[pool.model] = pools.count - 1
    }
  }

  private mutating func adopt(_ pool: PoolSettings, at index: Int) {
    pools[index].settings = pool
    pools[index].tiers = tiers(pool)
    pools[index].throttle = AdaptiveThrottle(multiplier: settings.throttleMultiplier)
  }

  private func tiers(_ pool: PoolSettings) -> [[Int]] {
    let members = pool.endpoints.compactMap { endpointOf[$0] }.filter { !endpoints[$0].isDraining }
    let priorities = Set(members.map { endpoints[$0].settings.priority }).sorted()
    return priorities.map { priority in members.filter { endpoints[$0].settings.priority == priority } }
  }

  private mutating func adoptQueue(_ index: Int, _ now: MonotonicTime) {
    let renamed = pools[index].queue.adopt(lanes: settings.lanes, limits: settings.queue, now: now)
    for (callID, call) in calls where call.pool == index {
      calls[callID]?.queued.lane = renamed[min(max(0, call.queued.lane), renamed.count - 1)]
      if let lane = call.lane { calls[callID]?.lane = renamed[lane] }
    }
  }

  private mutating func remove(pool index: Int, now: MonotonicTime) {
    poolOf[pools[index].settings.model] = nil
    pools[index].isRemoved = true
    pools[index].tiers = []
    for callID in pools[index].queue.removeAll() { fail(callID, .modelRemoved, now) }
  }

  mutating func fail(_ callID: CallID, _ failure: GatewayFailure, _ now: MonotonicTime) {
    pending.append(.fail(callID, failure))
    forget(callID, isSample: false, now: now)
  }

  mutating func dropIfDrained(_ index: Int) {
    guard endpoints[index].isDraining, endpoints[index].inFlight == 0 else { return }
    let name = endpoints[index].settings.name
    endpointOf[name] = nil
    endpoints.remove(index)
    note(.endpointDrained(endpoint: name))
  }
}
