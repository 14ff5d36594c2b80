import Logging
import NIOCore
import Synchronization
import WebSocket
import WeirCore
import WeirStore

/// Decides which upgrade requests become devices, for whom, and on which event loop they live. Called on any event loop;
/// every decision is there at once.
final class Admission: Sendable {
  private let backend: Backend
  private let gatekeeper: Gatekeeper
  private let context: ConnectionContext
  private let logger: Logger
  private let maximumConnections: Int
  private let arrivals: ArrivalGate?
  /// How long a connection outlives its token, in milliseconds.
  private let graceMs: Atomic<UInt64>
  /// Where operators connect; nil: there is no operator's secret.
  let desk: OperatorDesk?
  private let nextRemote = Atomic<UInt64>(1)
  private let isDraining = Atomic<Bool>(false)

  init(_ configuration: WeirConfiguration, backend: Backend, gatekeeper: Gatekeeper, logger: Logger) {
    self.backend = backend
    self.gatekeeper = gatekeeper
    self.logger = logger
    context = ConnectionContext(
      metrics: backend.metrics, logger: logger, highWaterBytes: configuration.websocket.highWaterBytes,
      maximumOutstandingBytes: configuration.websocket.highWaterBytes + 2 * configuration.websocket.maximumMessageBytes)
    maximumConnections = configuration.listen.maximumConnections
    arrivals = configuration.listen.devicesPerSecond.map { ArrivalGate(perSecond: $0) }
    graceMs = Atomic(Self.graceMs(configuration))
    desk = configuration.admin.secret.map { secret in
      OperatorDesk(gate: AdminGate(secret: secret, gatekeeper: gatekeeper)) { await backend.watchedState(isWhole: $0) }
    }
    desk?.open()
  }

  /// What of another configuration counts for devices from now on.
  func adopt(_ configuration: WeirConfiguration) {
    graceMs.store(Self.graceMs(configuration), ordering: .relaxed)
    desk?.watch.note("The configuration was read again.", timeMs: WallClock.nowMs())
  }

  private static func graceMs(_ configuration: WeirConfiguration) -> UInt64 {
    Interval(configuration.auth.expiryGrace).nanoseconds / 1_000_000
  }

  /// Whether devices are let in.
  var readiness: Readiness { isDraining.load(ordering: .relaxed) ? .draining : .ready }

  /// From now on nobody is let in. Operators are sent away; devices stay until their answers are safe.
  func close() {
    isDraining.store(true, ordering: .relaxed)
    desk?.close()
  }

  func decide(_ request: UpgradeRequest, on eventLoop: any EventLoop) -> UpgradeDecision {
    if isDraining.load(ordering: .relaxed) {
      return refuse(.draining, request, 503, "The server is stopping. Connect again in a few seconds.", retryAfter: 2)
    }
    if context.metrics.connectionsOpen.current >= maximumConnections {
      let sentence = "The server has all the connections it may have. Try again in a few seconds."
      return refuse(.limit, request, 503, sentence, retryAfter: 5)
    }
    if let desk, request.path == OperatorDesk.path { return admitOperator(request, at: desk) }
    guard request.path == "/" || request.path == "/ws" else {
      return refuse(.malformed, request, 404, "Devices connect at / or at /ws, not here.")
    }
    let offered = request.subprotocols.filter { !Credentials.isTokenProtocol($0) }
    let subprotocol = FrameCodec.subprotocol(among: offered)
    if subprotocol == nil, !offered.isEmpty {
      let sentence =
        "The subprotocols here are \(FrameCodec.binaryName) and \(FrameCodec.jsonName). Offer one, or none."
      return refuse(.malformed, request, 400, sentence)
    }
    if let seconds = waitOfCrowd() {
      let sentence = "Too many devices connect at once. Try again in \(seconds) s."
      return refuse(.crowd, request, 503, sentence, retryAfter: seconds)
    }
    do throws(Gatekeeper.Refusal) {
      let (identity, ticket) = try gatekeeper.admit(request)
      if context.metrics.turnsRunning.current > 0 { arrivals?.count(now: now) }
      return accept(request, identity, ticket, subprotocol)
    } catch {
      switch error {
      case .auth(let why):
        let headers = why.httpStatus == 401 ? [("WWW-Authenticate", "Bearer")] : []
        return refuse(.unauthenticated, request, why.httpStatus, "\(why)", headers: headers)
      case .address(let sentence, let seconds):
        return refuse(.address, request, 429, "\(sentence) Try again in \(seconds) s.", retryAfter: seconds)
      }
    }
  }

  private var now: MonotonicTime { MonotonicTime(nanoseconds: NIODeadline.now().uptimeNanoseconds) }

  /// In how many seconds a new device should come again, because too many come at once while answers run; nil: now.
  private func waitOfCrowd() -> Int? {
    guard let arrivals, context.metrics.turnsRunning.current > 0 else { return nil }
    return arrivals.admit(now: now, draw: .random(in: 0 ... .max))
  }

  private func accept(
    _ request: UpgradeRequest, _ identity: Identity, _ ticket: ConnectionTicket?, _ subprotocol: String?
  ) -> UpgradeDecision {
    let shard = backend.owner(of: identity.user)
    let traceparent = request.headers["traceparent"].flatMap { TraceContext.isValid($0) ? $0 : nil } ?? ""
    let visit = DeviceVisit(
      user: identity.user, access: identity.access,
      expiresAtMs: identity.expiresAt.map {
        UInt64(max(0, $0)) &* 1000 &+ graceMs.load(ordering: .relaxed)
      },
      requestID: RequestID.next(),
      remoteID: nextRemote.wrappingAdd(1, ordering: .relaxed).oldValue, traceparent: traceparent,
      ticket: ticket)
    logger.debug(
      "device connects",
      metadata: [
        "request": "\(visit.requestID)", "from": "\(request.remoteAddress?.description ?? "?")",
        "target": "\(Redaction.uri(request.uri))", "shard": "\(shard.index)",
        "protocol": "\(subprotocol ?? "not said")", "trace": "\(TraceContext.traceID(of: traceparent))",
      ])
    let codec = FrameCodec(subprotocol: subprotocol)
    let context = context
    return .accept(
      subprotocol: subprotocol, headers: [("X-Request-Id", visit.requestID)], eventLoop: shard.eventLoop
    ) {
      DeviceConnection(shard: shard, visit: visit, context: context, codec: codec)
    }
  }

  private func admitOperator(_ request: UpgradeRequest, at desk: OperatorDesk) -> UpgradeDecision {
    let subprotocol = FrameCodec.subprotocol(among: request.subprotocols)
    do throws(OperatorDesk.Refusal) {
      let id = try desk.admit(request)
      let context = context
      return .accept(subprotocol: subprotocol) {
        OperatorConnection(desk: desk, context: context, id: id, codec: FrameCodec(subprotocol: subprotocol))
      }
    } catch {
      switch error {
      case .wrongSecret:
        let headers = [("WWW-Authenticate", "Bearer")]
        return refuse(.unauthenticated, request, 401, AdminGate.notRight, headers: headers)
      case .tooManyGuesses(let seconds):
        return refuse(.address, request, 429, AdminGate.slowDown, retryAfter: seconds)
      case .tooMany:
        return refuse(.limit, request, 503, "As many operators watch as may. Close a page first.", retryAfter: 5)
      }
    }
  }

  private func refuse(
    _ reason: RefusalReason, _ request: UpgradeRequest, _ status: Int, _ sentence: String, retryAfter: Int = 0,
    headers: [(String, String)] = []
  ) -> UpgradeDecision {
    context.metrics.upgradesRefused[reason].add()
    // A crowd would fill the log: its size is in the metrics.
    logger.log(
      level: reason == .crowd ? .debug : .info,
      "device refused",
      metadata: [
        "status": "\(status)", "why": "\(sentence)", "from": "\(request.remoteAddress?.description ?? "?")",
        "target": "\(Redaction.uri(request.uri))",
      ])
    var headers = headers
    if retryAfter > 0 { headers.append(("Retry-After", "\(retryAfter)")) }
    return .reject(status: status, headers: headers, body: sentence + "\n")
  }
}

/// One connection of a user, as it was let in.
struct DeviceVisit: Sendable {
  let user: UserID
  /// What its token allows.
  let access: Access
  /// When the token and its grace have run out; nil: never.
  let expiresAtMs: UInt64?
  /// Ties its log lines together.
  let requestID: String
  /// Its name in its shard's mailbox, should it live on another loop.
  let remoteID: UInt64
  /// The trace context of its upgrade request; empty: none that is valid.
  let traceparent: String
  /// Its place among the connections of its address, held as long as it lives.
  let ticket: ConnectionTicket?

  /// Makes it a device of its user. On the shard.
  func connect(to core: ShardCore, link: any DeviceLink) -> Device? {
    core.connect(user: user, access: access, link: link, expiresAtMs: expiresAtMs, traceparent: traceparent)
  }
}

extension Credentials {
  /// What an upgrade request says of its sender.
  init(_ request: UpgradeRequest) {
    let target = RequestTarget(request.uri)
    self.init(
      token: Credentials.token(
        authorization: request.headers["Authorization"],
        protocols: request.headers.values(of: "Sec-WebSocket-Protocol"), target: target),
      user: target.queryValue("user"), host: request.headers["Host"],
      cameThroughProxy: Credentials.proxyHeaders.contains { request.headers[$0] != nil })
  }
}
