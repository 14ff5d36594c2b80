import NIOHTTP1
import WebSocket
import WeirCore
import WeirStore
import WeirUpstream

extension HTTPRouter {
  /// All that the server answers over HTTP.
  static func all(
    _ configuration: WeirConfiguration, metrics: Metrics, backend: Backend, gatekeeper: Gatekeeper,
    admission: Admission
  ) -> HTTPRouter {
    var router = builtIn(
      metrics: metrics, isSecure: configuration.tls.isOn,
      health: { HealthReport([.init(name: "store", fault: backend.fault)]) },
      readiness: { admission.readiness },
      gauges: {
        backend.refreshMetrics()
        gatekeeper.refresh(metrics)
      },
      more: { backend.upstream.metrics.prometheusText() })
    router.crossOrigin = CrossOrigin(
      WebSocketServerConfiguration(configuration.websocket).allowedOrigins, below: "/v1/")
    FrontDoor(
      highWaterBytes: configuration.websocket.highWaterBytes,
      authenticate: { request in
        if admission.readiness == .draining { return .failure(.stopping) }
        do throws(Gatekeeper.Refusal) {
          let identity = try gatekeeper.identify(request)
          return .success(Caller(user: identity.user, access: identity.access))
        } catch {
          return .failure(OpenAIError(error))
        }
      },
      models: { backend.models($0.access) },
      host: { backend.owner(of: $0) }
    ).install(in: &router)
    if let desk = admission.desk {
      AdminRoutes(
        gate: desk.gate, state: { await backend.state(isDraining: admission.readiness == .draining) },
        scan: { query, body in try backend.store.scanUsage(days: query.days, user: query.user, body) },
        maintenance: AdminMaintenance(
          store: backend.store, backupDirectory: configuration.admin.backupDirectory, erasure: backend.erasure)
      ).install(in: &router)
      WebPages.embedded.installOperatorPage(in: &router)
    }
    return router
  }
}

extension OpenAIError {
  fileprivate static var stopping: OpenAIError {
    OpenAIError(
      .serviceUnavailable, "The server is stopping; call again in a few seconds.", type: server, code: "shutting_down",
      isRetryable: true, retryAfterMs: 2000)
  }

  fileprivate init(_ refusal: Gatekeeper.Refusal) {
    switch refusal {
    case .auth(let error): self.init(error)
    case .address(let sentence, let seconds):
      self.init(
        .tooManyRequests, "\(sentence) Try again in \(seconds) s.", type: "requests", code: "rate_limit_exceeded",
        isRetryable: true, retryAfterMs: UInt32(clamping: seconds * 1000))
    }
  }
}
