import NIOHTTP1
package import WeirCore

extension HTTPRouter {
  /// The routes every server has: `/` and the files of its pages, `/healthz`, `/readyz` and `/metrics`. The closures are
  /// called on event loops and must not block; `gauges` is called before each scrape, to set what is only known by asking;
  /// `more` are further figures in the same format. `isSecure`: behind TLS.
  package static func builtIn(
    metrics: Metrics, isSecure: Bool = false, pages: WebPages = .embedded,
    health: @escaping @Sendable () -> HealthReport,
    readiness: @escaping @Sendable () -> Readiness, gauges: @escaping @Sendable () -> Void = {},
    more: @escaping @Sendable () -> String = { "" }
  ) -> HTTPRouter {
    var router = HTTPRouter()
    router.get("/healthz") { _ in
      let report = health()
      return .json(report.json, status: report.isHealthy ? .ok : .serviceUnavailable)
    }
    router.get("/readyz") { _ in
      let state = readiness()
      return .json(
        #"{"status":"\#(state.rawValue)"}"#, status: state == .ready ? .ok : .serviceUnavailable)
    }
    router.get("/metrics") { _ in
      gauges()
      var response = HTTPResponse.text(metrics.prometheusText() + more() + ProcessMetrics.prometheusText())
      // The version of the text format that Prometheus and its kin read.
      response.headers.replaceOrAdd(name: "Content-Type", value: "text/plain; version=0.0.4; charset=utf-8")
      return response
    }
    router.get("/") { request in FrontPage(request, isSecure: isSecure, pages: pages).response }
    pages.install(in: &router)
    return router
  }
}
