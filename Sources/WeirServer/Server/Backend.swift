import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import WeirCore
import WeirStore
import WeirUpstream

/// Everything behind the sockets: store, journal, upstream thread and shards, wired together. Made once per server.
final class Backend: Sendable {
  let shards: [Shard]
  let store: Store
  let journal: Journal
  let metrics: Metrics
  private let ring: HashRing
  private let reader: StoreReader
  let upstream: UpstreamDriver
  private let group: MultiThreadedEventLoopGroup
  private let logger: Logger
  private let policy: NIOLockedValueBox<Policy>
  /// When it was made.
  let started = ContinuousClock.now
  /// Bytes that logs, tails and queues may take.
  let memoryLimit: Int
  /// Brings the failure after which the process must end, if there is one. For one reader.
  let fatal: AsyncStream<StoreError>

  /// Opens the data directory and starts the threads. Blocks while the store replays its log: for start-up only.
  /// `storeFiles`: table files the store may keep open.
  init(
    _ configuration: WeirConfiguration, storeFiles: Int, group: MultiThreadedEventLoopGroup, metrics: Metrics,
    logger: Logger
  ) throws {
    self.group = group
    self.logger = logger
    self.metrics = metrics
    memoryLimit = configuration.memory.limit
    metrics.memoryLimit.set(memoryLimit)
    var options = StoreOptions(durability: configuration.data.durability == .fsync ? .fsync : .os)
    options.blockCacheBytes = configuration.data.cacheBytes
    options.maximumOpenFiles = storeFiles
    options.writeBufferBytes = configuration.data.writeBufferBytes
    options.maximumLogBytes = min(options.maximumLogBytes, configuration.data.writeBufferBytes)
    options.cacheLimitBytes = configuration.cache.sizeBytes
    let store = try Store.open(directory: configuration.data.directory, options: options, logger: logger)
    let loops = Array(group.makeIterator())
    let mailboxes = loops.map { _ in ShardMailbox(metrics: metrics) }
    let (fatal, fatalities) = AsyncStream.makeStream(of: StoreError.self, bufferingPolicy: .bufferingOldest(1))
    self.fatal = fatal
    let journal = try Journal(
      store: store, replies: mailboxes.map { mailbox in { replies in mailbox.post { $0.journal += replies } } },
      onFatal: { error in
        logger.critical("the store takes no more writes", metadata: ["error": "\(error)"])
        // A full disk or one that refuses a write leaves what is there to be read; a failed sync leaves nothing sure.
        if error.kind == .syncFailed { fatalities.yield(error) }
      })
    let reader = try StoreReader(
      store: store, replies: mailboxes.map { mailbox in { replies in mailbox.post { $0.store += replies } } })
    let upstreamConfiguration = UpstreamConfiguration(configuration)
    let upstream = try UpstreamDriver(
      configuration: upstreamConfiguration,
      sinks: mailboxes.map { mailbox in { batch in mailbox.post { $0.upstream.append(batch) } } }, logger: logger,
      metrics: metrics)
    let memory = MemoryLedger(limitBytes: memoryLimit, metrics: metrics) {
      upstream.setPaused($0)
    }
    let services = ShardServices(journal: journal, reader: reader, upstream: upstream, memory: memory)
    let settings = ShardSettings(configuration)
    let policy = configuration.policy
    self.policy = NIOLockedValueBox(policy)
    shards = zip(loops, mailboxes).enumerated().map { index, place in
      Shard(
        index: index, eventLoop: place.0, mailbox: place.1, settings: settings, policy: policy,
        services: services, metrics: metrics)
    }
    ring = HashRing(nodes: 0..<shards.count)
    self.store = store
    self.journal = journal
    self.reader = reader
    self.upstream = upstream
  }

  /// Wakes the shards, and hands each the users whose turns waited when the server stopped. Before the first connection.
  func start() async throws {
    for shard in shards { try await shard.start() }
    var waiting: [[UserID]] = shards.map { _ in [] }
    let cut = try store.scanCutTurns { user, _ in waiting[ring.owner(of: user)].append(user) }
    if cut.turns > 0 {
      logger.info("turns were cut off", metadata: ["users": "\(cut.users)", "turns": "\(cut.turns)"])
    }
    for (shard, users) in zip(shards, waiting) { await shard.wake(users) }
  }

  /// What of another configuration counts from now on. Nobody is dropped.
  func adopt(_ configuration: WeirConfiguration) async {
    let policy = configuration.policy
    do {
      // First the providers: a model that a turn may ask for then has somebody who answers.
      try upstream.update(UpstreamConfiguration(configuration))
    } catch {
      logger.error("the providers' configuration stays as it was", metadata: ["error": "\(error)"])
      return
    }
    for shard in shards { await shard.adopt(policy) }
    self.policy.withLockedValue { $0 = policy }
  }

  /// The models that a user with this access may ask for; the first is the default.
  func models(_ access: Access) -> [String] { policy.withLockedValue { $0 }.models(access) }

  /// The shard that owns a user; always the same one.
  func owner(of user: UserID) -> Shard { shards[ring.owner(of: user)] }

  /// Why the server is not well; nil while it is.
  var fault: String? { journal.failure.map { "\($0)" } }

  /// The failure after which nothing is sure about what is on disk; nil while there is none.
  var syncFailure: StoreError? { journal.failure.flatMap { $0.kind == .syncFailed ? $0 : nil } }

  /// Brings the figures that are only known by asking up to date.
  func refreshMetrics() {
    MetricsMirror.refresh(metrics, journal: journal.metrics)
    MetricsMirror.refresh(metrics, upstream: upstream.metrics)
  }

  /// Ends running answers with their text kept, and waits until that is durable or the time is up.
  func drain(until deadline: ContinuousClock.Instant) async {
    for shard in shards { await shard.drain() }
    for shard in shards {
      while ContinuousClock.now < deadline, await !shard.isSettled {
        try? await Task.sleep(for: .milliseconds(2))
      }
    }
  }

  /// Says goodbye to all devices, and waits until they have gone or the time is up.
  func dismissDevices(until deadline: ContinuousClock.Instant) async {
    for shard in shards { await shard.dismissDevices() }
    while ContinuousClock.now < deadline, metrics.connectionsOpen.current > 0 {
      try? await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Ends the threads; what the journal has taken is written first.
  func shutdown() {
    endThreads()
    closeStore()
  }

  /// All of `shutdown` but the store, which answers that are being read out may still use.
  func endThreads() {
    upstream.shutdown()
    reader.shutdown()
    journal.shutdown()
  }

  func closeStore() { store.close() }
}
