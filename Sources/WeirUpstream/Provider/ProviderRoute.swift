internal import WeirCore

/// The way to one endpoint with one of its keys: what is the same for all its calls, put together once.
struct ProviderRoute: Sendable {
  /// The version of Anthropic's API that is spoken.
  private static let anthropicVersion = "2023-06-01"

  let dialect: Dialect
  let url: String
  let key: UpstreamKey?
  private let headers: [String]
  private let endpoint: EndpointConfiguration

  /// Nil for the demo model. `key` is sent in place of the configured one, if given.
  init?(_ endpoint: EndpointConfiguration, key: UpstreamKey? = nil) {
    guard let provider = endpoint.provider else { return nil }
    self.endpoint = endpoint
    dialect = provider.dialect
    url = ProviderURL.address(base: provider.baseURL, dialect: provider.dialect)
    self.key = key ?? provider.key
    var headers = [
      "Content-Type: application/json", "Accept: text/event-stream", "User-Agent: weir",
      // libcurl would ask for leave before it sends a large body, and wait a second for it.
      "Expect:",
    ]
    if dialect == .messages { headers.append("anthropic-version: \(Self.anthropicVersion)") }
    if let key = self.key {
      headers.append(dialect == .messages ? "x-api-key: \(key.value)" : "Authorization: Bearer \(key.value)")
    }
    self.headers = headers
  }

  /// The HTTP request for a call.
  func request(_ request: UpstreamRequest) throws(MalformedJSON) -> ProviderRequest {
    let parameters = request.parameters
    var repeated: [UInt8] = []
    let body: [UInt8]
    switch dialect {
    case .chatCompletions:
      body = try ChatRequestBody.bytes(request.messages, parameters: parameters, endpoint: endpoint)
    case .messages:
      let messages = try MessagesRequestBody(request.messages, parameters: parameters, endpoint: endpoint)
      body = messages.bytes
      repeated = messages.repeated
    case .responses:
      body = try ResponsesRequestBody.bytes(request.messages, parameters: parameters, endpoint: endpoint)
    }
    let timeout = Interval(endpoint.timeouts.connect).nanoseconds / 1_000_000
    let post = HTTPPost(
      url: url,
      headers: headers + Self.header("X-Request-Id", request.traceID)
        + Self.header("traceparent", request.traceparent),
      body: body, connectTimeoutMs: Int(min(timeout, UInt64(Int32.max))))
    return ProviderRequest(post: post, repeated: repeated)
  }

  /// The machine for a call that is sent this way.
  func call(_ request: UpstreamRequest, _ sent: ProviderRequest, now: MonotonicTime) -> ChatCall {
    ChatCall(
      endpoint: endpoint, dialect: dialect, key: key, hidesReasoning: request.parameters.hidesReasoning,
      callID: request.callID, repeated: sent.repeated, now: now)
  }

  /// A header, if its value is fit to be one: it may come from a device.
  private static func header(_ name: String, _ value: String) -> [String] {
    let isFit = !value.isEmpty && value.utf8.count <= 128 && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    return isFit ? ["\(name): \(value)"] : []
  }
}

/// A call as it is sent, and what to know when its answer comes.
struct ProviderRequest: Sendable {
  let post: HTTPPost
  /// White space that the beginning of the answer ends with and that was not sent: the model may say it again.
  let repeated: [UInt8]
}
