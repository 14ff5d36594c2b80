import NIOCore
import WeirCore
import WeirStore
import WeirWire

/// The owner of a set of users (rule 1): an actor whose executor is an event loop. Connections on that loop call it
/// synchronously through `onLoop`; everything from other threads comes through its mailbox; control paths `await` it.
actor Shard {
  nonisolated let index: Int
  nonisolated let eventLoop: any EventLoop
  nonisolated let mailbox: ShardMailbox
  private nonisolated let executor: any SerialExecutor
  /// Unsafe only in name: isolated methods run on the event loop, because it is the actor's executor, and `onLoop`, the one
  /// other way to it, checks that it is on the same loop.
  private nonisolated(unsafe) let core: ShardCore
  private let effects: LoopEffects
  private var remoteDevices: [UInt64: Device] = [:]
  private var isEndOfRoundDue = false
  private var timer: (time: MonotonicTime, task: Scheduled<Void>)?

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// `eventLoop` must be one of NIO's own, whose executor it is.
  init(
    index: Int, eventLoop: any EventLoop, mailbox: ShardMailbox, settings: ShardSettings, policy: Policy,
    services: ShardServices, metrics: Metrics
  ) {
    guard let executor = eventLoop as? any SerialExecutor else {
      preconditionFailure("NIO's own event loops run actors, and the server makes no others")
    }
    self.index = index
    self.eventLoop = eventLoop
    self.executor = executor
    self.mailbox = mailbox
    let effects = LoopEffects(shard: index, services: services)
    self.effects = effects
    self.core = ShardCore(index: index, settings: settings, policy: policy, metrics: metrics, effects: effects)
  }

  /// Connects the mailbox. Once, before any connection. Throws what the system says when it has no descriptors left.
  func start() async throws {
    effects.onWish = { [unowned self] in assumeIsolated { $0.endRoundSoon() } }
    let bell = try await Doorbell.hang(on: eventLoop) { [self] in assumeIsolated { $0.readMailbox() } }
    mailbox.onWake { bell.ring() }
  }

  /// Runs `body` with the core, now. Only on the shard's event loop; traps anywhere else.
  nonisolated func onLoop<Result>(_ body: (ShardCore) -> Result) -> Result {
    eventLoop.preconditionInEventLoop()
    let result = body(core)
    assumeIsolated { $0.endRoundSoon() }
    return result
  }

  private func readMailbox() {
    let content = mailbox.take()
    if !content.store.isEmpty { core.storeReplied(content.store) }
    if !content.journal.isEmpty { core.journalReplied(content.journal) }
    for batch in content.upstream { core.upstreamDelivered(batch) }
    for event in content.remote { handle(event) }
    endRound()
  }

  /// At the end of the loop's round all wishes are handed over and all devices served.
  private func endRoundSoon() {
    if isEndOfRoundDue { return }
    isEndOfRoundDue = true
    eventLoop.assumeIsolatedUnsafeUnchecked().execute {
      self.assumeIsolated { shard in
        shard.isEndOfRoundDue = false
        shard.endRound()
      }
    }
  }

  private func endRound() {
    core.settle()
    effects.handOver()
    schedule()
  }

  private func schedule() {
    guard let time = effects.wakeTime else { return }
    if let timer {
      if timer.time <= time { return }
      timer.task.cancel()
    }
    let task = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(time.nanoseconds)) {
      self.assumeIsolated { $0.timerFired() }
    }
    timer = (time, task)
  }

  private func timerFired() {
    timer = nil
    effects.takeWake()
    core.tick()
    endRound()
  }

  private func handle(_ event: RemoteEvent) {
    switch event.kind {
    case .connected(let seed, let codec, let visit):
      remoteDevices[event.device] = visit.connect(to: core, link: seed.make(codec))
    case .frames(let frames, let codec):
      guard let device = remoteDevices[event.device] else { return }
      (device.link as? RemoteLink)?.codec = codec
      for frame in frames { core.received(frame, from: device) }
    case .written(let bytes):
      guard let device = remoteDevices[event.device], let link = device.link as? RemoteLink else { return }
      if link.wrote(bytes) { core.deviceWritable(device) }
    case .disconnected:
      if let device = remoteDevices.removeValue(forKey: event.device) { core.disconnected(device) }
    }
  }

  /// How it stands.
  func snapshot(slowest limit: Int) -> ShardSnapshot { core.snapshot(slowest: limit) }

  /// From now on this is what is allowed.
  func adopt(_ policy: Policy) { core.adopt(policy) }

  /// These users have turns that waited when the server stopped: they go on waiting.
  func wake(_ users: [UserID]) {
    for user in users { core.wake(user: user) }
    endRound()
  }

  /// Begins to forget a user, and returns what the journal says. `admitAgain` must follow.
  func erase(_ user: UserID) async -> JournalResult {
    await withCheckedContinuation { continuation in
      core.erase(user) { continuation.resume(returning: $0) }
      endRound()
    }
  }

  /// The user may come again.
  func admitAgain(_ user: UserID) { core.admitAgain(user) }

  /// Deletes conversations that are kept no longer; returns when that is durable. Those in use stay.
  func expire(_ conversations: [ExpiredConversation]) async {
    if conversations.isEmpty { return }
    await withCheckedContinuation { continuation in
      var left = conversations.count
      for one in conversations {
        core.expire(one.conversationID, of: one.user, listedAtMs: one.updatedAtMs) {
          left -= 1
          if left == 0 { continuation.resume() }
        }
      }
      endRound()
    }
  }

  /// Ends running answers with their text kept; after this `isSettled` says when that is durable.
  func drain() {
    core.drain()
    endRound()
  }

  /// Whether nothing waits for the store.
  var isSettled: Bool { core.isSettled }

  /// Sends all devices away.
  func dismissDevices() {
    core.dismissDevices()
    endRound()
  }
}
