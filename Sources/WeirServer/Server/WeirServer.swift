public import Logging
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

  private let configuration: WeirConfiguration
  private let logger: Logger
  private let group: MultiThreadedEventLoopGroup
  private let backend: Backend
  private let admission: Admission
  private let listener: any Channel

  /// The port that is listened on.
  public var port: Int { listener.localAddress?.port ?? configuration.listen.port }

  /// Opens the data directory, starts the threads and begins to listen: devices are served from here on. `run()` only
  /// waits for the end. Errors are `StartUpError`s, or become such as `StartUpFailure(_:configuration:)`.
  public init(configuration: WeirConfiguration, logger: Logger) async throws {
    self.configuration = configuration
    self.logger = logger
    DescriptorLimit.raise()
    let metrics = Metrics()
    let authenticator = try await Authenticator(configuration.auth)
    let tls = try configuration.tls.serverContext()
    let threads = configuration.listen.threads > 0 ? configuration.listen.threads : System.coreCount
    let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
    do {
      let backend = try Backend(configuration, group: group, metrics: metrics, logger: logger)
      await backend.start()
      let admission = Admission(configuration, backend: backend, authenticator: authenticator, logger: logger)
      let router = HTTPRouter.builtIn(
        metrics: metrics, isSecure: configuration.tls.isOn,
        health: { HealthReport([.init(name: "store", fault: backend.fault)]) },
        readiness: { admission.readiness }, gauges: { backend.refreshMetrics() })
      listener = try await Listener.bind(configuration, group: group, tls: tls, admission: admission, router: router)
      self.backend = backend
      self.admission = admission
      self.group = group
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
  }

  /// Serves until the task is cancelled or graceful shutdown begins, then stops: no new devices, running answers are kept
  /// as far as they had come, devices are told when to come back, everything acknowledged is on disk. Takes at most
  /// `configuration.shutdown.grace`.
  public func run() async throws {
    try? await gracefulShutdown()
    let deadline = ContinuousClock.now + configuration.shutdown.grace
    logger.info("stopping")
    admission.close()
    try? await listener.close()
    await backend.drain(until: deadline)
    await backend.dismissDevices(until: deadline)
    backend.shutdown()
    try? await group.shutdownGracefully()
    logger.info("stopped")
  }
}
