internal import WeirCore

extension UpstreamMetrics {
  private typealias Row = (labels: [(name: String, value: String)], value: Int)

  /// All of them in the Prometheus text format, version 0.0.4, to stand behind `Metrics.prometheusText()`.
  package func prometheusText() -> String {
    var text = ""
    let lanes = lanes
    gauge(
      "weir_queue_waiting", "Calls that wait, by lane.", lanes.map { ([("lane", $0.name)], $0.waiting.current) }, &text)
    gauge(
      "weir_queue_running", "Calls that hold a place, by lane.",
      lanes.map { ([("lane", $0.name)], $0.running.current) },
      &text)
    head("weir_queue_wait_seconds", "From submission to the first attempt, by lane.", "histogram", &text)
    for lane in lanes { histogram("weir_queue_wait_seconds", lane.wait, [("lane", lane.name)], &text) }
    head("weir_queue_estimate_error_seconds", "How wrong the first estimate of a wait was.", "histogram", &text)
    histogram("weir_queue_estimate_error_seconds", estimateError, [], &text)
    counter("weir_queue_expired_total", "Calls that could not start in their time.", expired, &text)
    counter("weir_queue_refused_total", "Calls refused for want of room.", refused, &text)
    counter("weir_upstream_retries_total", "Attempts after a failure or refusal.", retries, &text)
    counter("weir_upstream_hedges_total", "Second attempts for a late first token.", hedges, &text)
    counter("weir_upstream_hedges_won_total", "Of those, the ones that came first.", hedgesWon, &text)
    counter("weir_upstream_resumes_total", "Answers that another endpoint went on with.", resumes, &text)
    counter("weir_upstream_throttled_total", "Attempts put off because providers take too few.", throttled, &text)
    gauge("weir_retry_budget_left", "Second attempts that are allowed now.", [([], retryBudgetLeft.current)], &text)
    addEndpoints(&text)
    return text
  }

  private func addEndpoints(_ text: inout String) {
    let endpoints = allEndpoints
    head("weir_upstream_attempts_total", "Attempts that ended, by endpoint and outcome.", "counter", &text)
    for endpoint in endpoints {
      for outcome in UpstreamOutcome.allCases {
        let braces = MetricFamily.braces([("endpoint", endpoint.name), ("outcome", outcome.rawValue)])
        text += "weir_upstream_attempts_total\(braces) \(endpoint.ended[outcome].total)\n"
      }
    }
    func rows(_ gauge: (EndpointMetrics) -> Gauge) -> [Row] {
      endpoints.map { ([("endpoint", $0.name)], gauge($0).current) }
    }
    gauge("weir_upstream_endpoint_in_flight", "Attempts under way, by endpoint.", rows(\.inFlight), &text)
    gauge("weir_upstream_endpoint_limit", "Attempts it may have under way; it adapts.", rows(\.limit), &text)
    gauge("weir_upstream_breaker_state", "0: it works, 1: it is being probed, 2: left alone.", rows(\.breaker), &text)
    head("weir_upstream_first_token_seconds", "From an attempt's start to its first text.", "histogram", &text)
    for endpoint in endpoints {
      histogram("weir_upstream_first_token_seconds", endpoint.firstToken, [("endpoint", endpoint.name)], &text)
    }
  }

  private func head(_ name: String, _ help: String, _ type: String, _ text: inout String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  private func counter(_ name: String, _ help: String, _ counter: Counter, _ text: inout String) {
    head(name, help, "counter", &text)
    text += "\(name) \(counter.total)\n"
  }

  private func gauge(_ name: String, _ help: String, _ rows: [Row], _ text: inout String) {
    head(name, help, "gauge", &text)
    for row in rows { text += "\(name)\(MetricFamily.braces(row.labels)) \(row.value)\n" }
  }

  private func histogram(
    _ name: String, _ histogram: Histogram, _ labels: [(name: String, value: String)], _ text: inout String
  ) {
    let snapshot = histogram.snapshot
    for (bound, count) in zip(histogram.bounds, snapshot.cumulative) {
      text += "\(name)_bucket\(MetricFamily.braces(labels + [("le", "\(Double(bound) / 1e9)")])) \(count)\n"
    }
    let braces = MetricFamily.braces(labels)
    text += "\(name)_bucket\(MetricFamily.braces(labels + [("le", "+Inf")])) \(snapshot.count)\n"
    text += "\(name)_sum\(braces) \(Double(snapshot.sumNanoseconds) / 1e9)\n\(name)_count\(braces) \(snapshot.count)\n"
  }
}
