internal import WeirCore

/// One endpoint as the upstream thread sees it: its configuration, its queue and its figures. Confined to that thread.
final class Endpoint {
  let configuration: EndpointConfiguration
  let metrics: EndpointMetrics
  let failure: CallFailure
  let url: String
  var queue: CallQueue
  var gate = LogGate()
  /// Counted here per piece, added to the metrics per wake-up.
  var deltas = 0
  var textBytes = 0
  private let headers: [String]

  init(_ configuration: EndpointConfiguration, metrics: EndpointMetrics) {
    self.configuration = configuration
    self.metrics = metrics
    failure = CallFailure(model: configuration.name)
    queue = CallQueue(limits: configuration.queue)
    var headers = [
      "Content-Type: application/json", "Accept: text/event-stream", "User-Agent: weir",
      // libcurl would ask for leave before it sends a large body, and wait a second for it.
      "Expect:",
    ]
    if case .openAI(let base, let key) = configuration.kind {
      url = ChatURL.completions(base: base)
      if let key { headers.append("Authorization: Bearer \(key.value)") }
    } else {
      url = ""
    }
    self.headers = headers
  }

  /// The HTTP request for a call.
  func post(_ request: UpstreamRequest) -> HTTPPost {
    let timeout = Interval(configuration.timeouts.connect).nanoseconds / 1_000_000
    return HTTPPost(
      url: url, headers: headers + Self.trace(request.traceID),
      body: ChatRequestBody.bytes(request.messages, endpoint: configuration),
      connectTimeoutMs: Int(min(timeout, UInt64(Int32.max))))
  }

  /// The trace id as a header, if it is fit to be one: it may come from a device.
  private static func trace(_ id: String) -> [String] {
    let isFit = !id.isEmpty && id.utf8.count <= 128 && id.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    return isFit ? ["X-Request-Id: \(id)"] : []
  }

  /// Makes what has been counted visible to other threads.
  func publish() {
    metrics.deltas.add(deltas)
    metrics.textBytes.add(textBytes)
    deltas = 0
    textBytes = 0
    metrics.inFlight.set(queue.running)
    metrics.queued.set(queue.waiting)
  }
}
