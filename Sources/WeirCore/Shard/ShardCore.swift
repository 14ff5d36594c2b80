import WeirWire

/// The logic of one shard: the sessions of the users it owns, and all that happens to them (rules 1 and 9). It does no
/// I/O: events come in as calls, wishes go out through `ShardEffects`. Not `Sendable`: confined to whatever drives it,
/// the shard actor's event loop or the simulation.
///
/// The files beside this one hold one kind of work each: connecting, sending, conversations, turns, streaming, timers.
package final class ShardCore {
  package let index: Int
  package let settings: ShardSettings
  /// What the operator allows; `adopt` changes it.
  package private(set) var policy: Policy
  private(set) var largestContextTokens: Int
  package let metrics: Metrics
  unowned let effects: any ShardEffects

  /// By the user's name.
  var sessions: [ByteKey: Session] = [:]
  var calls: CallTable
  var dirty: [Device] = []
  /// Empty, with the capacity of earlier sweeps.
  var spareList: [Device] = []
  var pacer: FlushPacer
  var isDraining = false
  /// Users whose sessions could not be read.
  var unread: [UserID] = []
  var rounds: SessionRounds
  /// Users of whom everything is being erased, and by how many: nobody comes in for them.
  var erasing: [ByteKey: Int] = [:]
  /// How many expiries are with the journal of users who are not in memory: their sessions begin when there are none.
  var expiring: [ByteKey: Int] = [:]

  /// What goes on when an answer comes, and of which user it is; nil: it goes on also when the user is erased meanwhile.
  private struct Waiter<Result> {
    let user: UserID?
    let body: (Result) -> Void
  }

  private var lastToken: UInt64 = 0
  private var journalWaiters: [UInt64: Waiter<JournalResult>] = [:]
  private var storeWaiters: [UInt64: Waiter<StoreReadResult>] = [:]
  private(set) var memoryPressure = MemoryPressure.none
  /// Since when the process has been short of memory.
  var pressedSince: MonotonicTime?

  /// `effects` must outlive the core; it usually owns it.
  package init(
    index: Int, settings: ShardSettings, policy: Policy = Policy(), metrics: Metrics, effects: any ShardEffects
  ) {
    self.index = index
    self.calls = CallTable(shard: index)
    self.settings = settings
    self.policy = policy
    self.largestContextTokens = policy.largestContextTokens
    self.metrics = metrics
    self.effects = effects
    self.rounds = SessionRounds(length: settings.checkpointInterval)
    self.pacer = FlushPacer(maximumPause: settings.maximumFlushPause)
  }

  /// From now on this is what is allowed. Turns that were admitted keep what they were admitted with.
  package func adopt(_ policy: Policy) {
    self.policy = policy
    largestContextTokens = policy.largestContextTokens
  }

  /// The journal's answers, in the order of the entries.
  package func journalReplied(_ replies: [JournalReply]) {
    for reply in replies {
      journalWaiters.removeValue(forKey: reply.token)?.body(reply.result)
    }
  }

  /// The store's answers, in any order.
  package func storeReplied(_ replies: [StoreReadReply]) {
    for reply in replies {
      storeWaiters.removeValue(forKey: reply.token)?.body(reply.result)
    }
  }

  /// Nothing waits for the journal or the store.
  package var isSettled: Bool { journalWaiters.isEmpty && storeWaiters.isEmpty }

  /// `isDroppable`: if the user is erased before the journal answers, `then` does not run.
  func append(_ entry: JournalEntry, isDroppable: Bool = true, then: @escaping (JournalResult) -> Void) {
    lastToken += 1
    journalWaiters[lastToken] = Waiter(user: isDroppable ? entry.user : nil, body: then)
    effects.append(entry, token: lastToken)
  }

  func read(_ question: StoreRead, then: @escaping (StoreReadResult) -> Void) {
    lastToken += 1
    storeWaiters[lastToken] = Waiter(user: question.user, body: then)
    effects.read(question, token: lastToken)
  }

  /// What waits for answers about the user waits for nothing any more.
  func forgetWaiters(of user: UserID) {
    let key = ByteKey(user)
    journalWaiters = journalWaiters.filter { $0.value.user.map(ByteKey.init) != key }
    storeWaiters = storeWaiters.filter { $0.value.user.map(ByteKey.init) != key }
  }

  func account(_ bytes: Int) {
    memoryPressure = effects.account(bytes: bytes)
    if memoryPressure == .none { pressedSince = nil } else if pressedSince == nil { pressedSince = effects.now }
  }

  /// Whether new work is refused now: others may have made room since this shard last counted.
  var isMemoryFull: Bool {
    account(0)
    return memoryPressure == .full
  }

  func reply(_ kind: ServerFrame.Kind, to reply: Reply) {
    guard let device = reply.device, device.isConnected else { return }
    send(kind, to: device, requestID: reply.requestID)
  }

  func refuse(_ error: WeirError, _ reply: Reply) {
    metrics.refusals.add(1)
    self.reply(.error(error), to: reply)
  }

  func send(_ kind: ServerFrame.Kind, to device: Device, requestID: UInt64 = 0) {
    device.link.send(ServerFrame(requestID: requestID, frame: kind))
    markDirty(device)
  }
}
