/// One lane: its users, and whose turn it is. Deficit round robin with at most one turn of a user in a round, arranged
/// as a wheel: a user stands in the bucket of the round in which its first call will be affordable, so that a dear call
/// is not looked at in every round before. Each step costs the same however many wait.
struct LaneLine: Sendable {
  /// A user with calls in this lane. It is forgotten with its last one.
  struct Owner: Sendable {
    let key: ByteKey
    /// Its line of first attempts, oldest first.
    var first: Int?
    var last: Int?
    var count = 0
    /// Its calls that wait for another attempt. While there are any, its other calls stay behind them: it is in no
    /// bucket.
    var retries = 0
    /// Tokens left over from rounds paid for.
    var credit = 0
    /// The round since which it saves for its first call.
    var savesSince: UInt64 = 0
    /// The round in which its first call is affordable.
    var due: UInt64 = 0
    var isInBucket = false
    var before: Int?
    var behind: Int?
  }

  private struct Bucket: Sendable {
    var first: Int?
    var last: Int?
  }

  var settings: LaneSettings
  var running = 0
  var waiting = 0
  var waitingBytes = 0
  /// Work done, in tokens by weight: the lane with the least goes next.
  var pass: UInt64 = 0
  var retries = TimeHeap<WaitingRef>()

  private(set) var owners = Slab<Owner>()
  private var ownerOf: [ByteKey: Int] = [:]
  private var wheel: [Bucket]
  private(set) var round: UInt64 = 0
  /// Users in buckets.
  private(set) var inBuckets = 0
  /// Calls that wait for another attempt.
  var retrying = 0
  private let quantum: Int

  init(settings: LaneSettings, limits: LaneQueueLimits) {
    self.settings = settings
    quantum = max(1, limits.quantum)
    wheel = Array(repeating: Bucket(), count: max(1, limits.maximumRounds) + 1)
  }

  var users: Int { owners.count }
  var maximumRounds: Int { wheel.count - 1 }
  var quantumTokens: Int { quantum }

  /// What a call of this cost is charged: at most what the most rounds bring.
  func charge(_ cost: Int) -> Int { min(max(1, cost), quantum * maximumRounds) }

  /// The rounds a user with `credit` must wait for a call; one at least.
  func rounds(for cost: Int, credit: Int) -> Int { max(1, (charge(cost) - credit + quantum - 1) / quantum) }

  /// What is left after a call was paid for. No more than a round's worth is kept: cheap calls save nothing up.
  func creditLeft(_ credit: Int, after cost: Int) -> Int {
    min(quantum, credit + rounds(for: cost, credit: credit) * quantum - charge(cost))
  }

  /// The places of `slots` that the lane may hold.
  func cap(slots: Int) -> Int {
    settings.maximumShare >= 1 ? slots : max(1, Int(settings.maximumShare * Double(slots)))
  }

  // MARK: Users

  /// The user's index, made if it has none.
  mutating func owner(_ key: ByteKey) -> Int {
    if let known = ownerOf[key] { return known }
    let index = owners.insert(Owner(key: key))
    ownerOf[key] = index
    return index
  }

  func count(of key: ByteKey) -> Int { ownerOf[key].map { owners[$0].count + owners[$0].retries } ?? 0 }

  mutating func update(_ index: Int, _ change: (inout Owner) -> Void) { change(&owners[index]) }

  private mutating func forgetIfIdle(_ index: Int) {
    guard owners[index].count == 0, owners[index].retries == 0 else { return }
    ownerOf[owners[index].key] = nil
    owners.remove(index)
  }

  // MARK: Turns

  /// The user whose turn it is, and the round it comes in. Rounds in which nobody can pay pass at once.
  var next: (owner: Int, round: UInt64)? {
    if inBuckets == 0 { return nil }
    for ahead in 0..<UInt64(wheel.count) {
      if let owner = bucket(round + ahead).first { return (owner, round + ahead) }
    }
    return nil
  }

  /// The user got its turn in this round; its first call, of this cost, has left the line. `nextCost`: what its next
  /// call costs.
  mutating func served(_ index: Int, in round: UInt64, cost: Int, nextCost: Int?) {
    self.round = round
    leaveBucket(index)
    let left = creditLeft(owners[index].credit, after: cost)
    owners[index].credit = left
    owners[index].savesSince = round
    settle(index, firstCost: nextCost)
  }

  /// The user's line has a new first call, or none: puts the user where it belongs. A round it is due in may have
  /// passed meanwhile; then it joins the one that goes on.
  mutating func settle(_ index: Int, firstCost: Int?) {
    leaveBucket(index)
    guard let firstCost else { return forgetIfIdle(index) }
    let saved = owners[index].savesSince + UInt64(rounds(for: firstCost, credit: owners[index].credit))
    owners[index].due = max(saved, round)
    if owners[index].retries == 0 { enterBucket(index) }
  }

  /// A user without calls in line gets its first: it saves from this round on, behind all who are due before.
  mutating func begins(_ index: Int, cost: Int) {
    owners[index].credit = 0
    owners[index].savesSince = round
    settle(index, firstCost: cost)
  }

  private func bucket(_ round: UInt64) -> Bucket { wheel[Int(round % UInt64(wheel.count))] }

  private mutating func enterBucket(_ index: Int) {
    let place = Int(owners[index].due % UInt64(wheel.count))
    owners[index].before = wheel[place].last
    owners[index].behind = nil
    if let last = wheel[place].last { owners[last].behind = index } else { wheel[place].first = index }
    wheel[place].last = index
    owners[index].isInBucket = true
    inBuckets += 1
  }

  private mutating func leaveBucket(_ index: Int) {
    guard owners[index].isInBucket else { return }
    let place = Int(owners[index].due % UInt64(wheel.count))
    let (before, behind) = (owners[index].before, owners[index].behind)
    if let before { owners[before].behind = behind } else { wheel[place].first = behind }
    if let behind { owners[behind].before = before } else { wheel[place].last = before }
    owners[index].isInBucket = false
    inBuckets -= 1
  }

  // MARK: The order, for those who ask

  /// Users by the round they are due in, counted from now, each round in its order. Those behind a retry are last in
  /// theirs.
  var order: [[Int]] {
    var order: [[Int]] = []
    for ahead in 0..<UInt64(wheel.count) {
      var owners: [Int] = []
      var next = bucket(round + ahead).first
      while let index = next {
        owners.append(index)
        next = self.owners[index].behind
      }
      order.append(owners)
    }
    if retrying > 0 {
      for index in owners.indices where owners[index].retries > 0 && owners[index].first != nil {
        order[Int(min(UInt64(wheel.count - 1), max(owners[index].due, round) - round))].append(index)
      }
    }
    return order
  }
}
