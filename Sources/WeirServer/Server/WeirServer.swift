public import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
public import ServiceLifecycle
import WebSocket
import WeirCore

/// A Weir server, as a `Service`: run it in a `ServiceGroup` beside the other services of an app, or with `run()` alone.
///
/// ```swift
/// import Logging
/// import ServiceLifecycle
/// import WeirServer
///
/// var configuration = WeirConfiguration()
/// configuration.listen.port = 9000
/// let logger = Logger(label: "app")
/// let weir = try await WeirServer(configuration: configuration, logger: logger)
/// let group = ServiceGroup(services: [weir], gracefulShutdownSignals: [.sigterm], logger: logger)
/// try await group.run()
/// ```
public final class WeirServer: Service {
  /// The version of this software.
  public static let version = "0.1.0"

  private let configuration: NIOLockedValueBox<WeirConfiguration>
  private let logger: Logger
  private let group: MultiThreadedEventLoopGroup
  private let backend: Backend
  private let gatekeeper: Gatekeeper
  private let admission: Admission
  private let tls: TLSContextBox?
  private let listener: any Channel
  private let upkeep: Upkeep

  /// The port that is listened on.
  public var port: Int {
    listener.localAddress?.port ?? configuration.withLockedValue { $0.listen.port }
  }

  /// Opens the data directory, starts the threads and begins to listen: devices are served from here on. `run()` only
  /// waits for the end. Errors are `StartUpError`s, or become such as `StartUpFailure(_:configuration:)`.
  public init(configuration: WeirConfiguration, logger: Logger) async throws {
    try configuration.validate()
    self.configuration = NIOLockedValueBox(configuration)
    self.logger = logger
    let descriptors = DescriptorLimit.raise()
    let metrics = Metrics()
    let authenticator = try await Authenticator(configuration.auth)
    let tls = try configuration.tls.serverContext().map { TLSContextBox($0) }
    let threads = configuration.listen.threads > 0 ? configuration.listen.threads : System.coreCount
    let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
    var started: Backend?
    do {
      let storeFiles = DescriptorLimit.storeFiles(of: descriptors)
      let backend = try Backend(
        configuration, storeFiles: storeFiles, group: group, metrics: metrics, logger: logger)
      started = backend
      try await backend.start()
      let gatekeeper = Gatekeeper(configuration, authenticator: authenticator)
      let admission = Admission(configuration, backend: backend, gatekeeper: gatekeeper, logger: logger)
      let router = HTTPRouter.all(
        configuration, metrics: metrics, backend: backend, gatekeeper: gatekeeper, admission: admission)
      // Beside the store's files: a connection to the provider for each call, logs, copies, and connections on the move.
      let wanted = storeFiles + configuration.mostCallsAtOnce + 64
      let places = DescriptorLimit.connections(
        of: descriptors, inUse: DescriptorLimit.countOpen(), wanted: wanted)
      if places < min(Self.fewConnections, configuration.listen.maximumConnections) {
        logger.notice(
          "connections are limited by the descriptors that the process may open; raise the limit (ulimit -n, LimitNOFILE)",
          metadata: ["connections": "\(places)", "descriptors": "\(descriptors)"])
      }
      listener = try await Listener.bind(
        configuration, group: group, tls: tls, gatekeeper: gatekeeper, admission: admission, router: router,
        places: ConnectionPlaces(places), logger: logger)
      upkeep = Upkeep(
        configuration: self.configuration, backend: backend, gatekeeper: gatekeeper, tls: tls, logger: logger)
      self.backend = backend
      self.gatekeeper = gatekeeper
      self.admission = admission
      self.tls = tls
      self.group = group
    } catch {
      // Its threads use what would go with it: they end first.
      started?.shutdown()
      try? await group.shutdownGracefully()
      throw error
    }
  }

  /// Reads the configuration again and applies what can be applied while devices are served: models, endpoints, keys,
  /// plans, lanes, limits, tokens' keys, certificates. What is wrong is logged and changes nothing. Returns whether it was
  /// applied.
  @discardableResult
  public func reload(_ sources: ConfigurationSources) async -> Bool {
    do throws(ConfigurationError) {
      let reload = try await ConfigurationReload.prepare(
        running: configuration.withLockedValue { $0 }, sources: sources)
      await backend.adopt(reload.configuration)
      gatekeeper.adopt(reload.configuration, keys: reload.keys)
      admission.adopt(reload.configuration)
      if let context = reload.tls { tls?.adopt(context) }
      reload.configuration.logging.adoptLevel()
      configuration.withLockedValue { $0 = reload.configuration }
      reload.log(to: logger)
      return true
    } catch {
      error.logRefusedReload(to: logger)
      return false
    }
  }

  /// Serves until the task is cancelled or graceful shutdown begins, then stops: no new devices, running answers are kept
  /// as far as they had come, devices are told when to come back, everything acknowledged is on disk. Takes at most
  /// `configuration.shutdown.grace`.
  ///
  /// Throws a `StartUpError` when the disk failed to confirm a write. Then nothing more is written, devices are told when
  /// to come back, and the process must end: only one that reads the disk anew knows what is on it. Also throws one when
  /// the operating system has ended the listening; all is in order then.
  public func run() async throws {
    let failure = await endOrFailure()
    let isStoreWell = failure == nil || failure is ListenerEnded
    let grace = configuration.withLockedValue { $0.shutdown.grace }
    let deadline = ContinuousClock.now + (isStoreWell ? grace : min(grace, Self.graceAfterFailure))
    logger.info("stopping")
    admission.close()
    try? await listener.close()
    await upkeep.stop()
    // After a failure nothing that ends could be saved.
    if isStoreWell { await backend.drain(until: deadline) }
    await backend.dismissDevices(until: deadline)
    backend.endThreads()
    // With their connections exports end, too, which read the store on threads of their own.
    try? await group.shutdownGracefully()
    if await BlockingThread.allEnded(within: Self.patienceWithThreads) {
      backend.closeStore()
    } else {
      logger.warning("something still reads the store, which is left open; nothing is lost")
    }
    logger.info("stopped")
    if let failure = failure ?? backend.syncFailure { throw failure }
  }

  /// A backup may be in the midst of a file.
  private static let patienceWithThreads = Duration.seconds(10)

  /// Fewer connections than this are worth a word to the operator.
  private static let fewConnections = 1000

  /// How long devices have to hear that the server ends because its disk failed.
  private static let graceAfterFailure = Duration.seconds(2)

  /// Waits until the server is to stop: asked to (nil), or because its store failed beyond use or nobody can reach it.
  private func endOrFailure() async -> (any StartUpError)? {
    await withTaskGroup(of: (any StartUpError)?.self) { [fatal = backend.fatal] group in
      group.addTask {
        try? await gracefulShutdown()
        return nil
      }
      group.addTask {
        for await error in fatal { return error }
        return nil
      }
      group.addTask { [listener] in
        // Closed by us only after this wait; by NIO after an error of accept(2) that is not passing.
        let closed = AsyncStream<Void> { waiting in listener.closeFuture.whenComplete { _ in waiting.finish() } }
        for await _ in closed {}
        return Task.isCancelled ? nil : ListenerEnded()
      }
      let first = await group.next()
      group.cancelAll()
      return first ?? nil
    }
  }
}
