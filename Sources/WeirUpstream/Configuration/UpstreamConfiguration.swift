package import WeirCore

/// The models that can be asked for, who answers for them, and how calls wait and are tried again.
package struct UpstreamConfiguration: Sendable, Equatable {
  package var endpoints: [EndpointConfiguration]
  /// The models by the names that users know, the first of them by default.
  package var pools: [PoolSettings]
  /// Best first; those of all models.
  package var lanes = LaneSettings.standard
  /// What may wait, for all models together.
  package var queue = LaneQueueLimits()
  package var retries = RetrySettings()

  /// Models and the endpoints that their pools name.
  package init(endpoints: [EndpointConfiguration], pools: [PoolSettings]) {
    self.endpoints = endpoints
    self.pools = pools
  }

  /// A model for each endpoint, of the same name. With no endpoint given, the built-in demo model answers.
  package init(endpoints: [EndpointConfiguration] = [.init(name: "demo", kind: .demo(DemoConfiguration()))]) {
    self.init(endpoints: endpoints, pools: endpoints.map { PoolSettings(model: $0.name, endpoints: [$0.name]) })
  }

  /// The names that users can ask for; the first is the default.
  package var models: [String] { pools.map(\.model) }

  /// What the gateway needs to know of it.
  var gateway: GatewaySettings {
    var settings = GatewaySettings(endpoints: endpoints.map(\.settings), pools: pools)
    settings.lanes = lanes
    settings.queue = queue
    settings.retries = retries
    return settings
  }

  /// Finds what cannot work, before the first call does.
  package func validate() throws(UpstreamConfigurationError) {
    guard !endpoints.isEmpty else { throw .noEndpoints }
    var names: Set<String> = []
    for endpoint in endpoints {
      guard !endpoint.name.isEmpty, names.insert(endpoint.name).inserted else { throw .badName(endpoint.name) }
      try endpoint.validate()
    }
    guard !pools.isEmpty else { throw .noModels }
    var models: Set<String> = []
    for pool in pools {
      guard !pool.model.isEmpty, models.insert(pool.model).inserted else { throw .badModel(pool.model) }
      guard !pool.endpoints.isEmpty, Set(pool.endpoints).isSubset(of: names) else { throw .badPool(pool.model) }
      guard pool.hedgeAfterShare.map({ (0.5..<1).contains($0) }) ?? true else { throw .badPool(pool.model) }
    }
    try validateLanes()
  }

  private func validateLanes() throws(UpstreamConfigurationError) {
    guard !lanes.isEmpty else { throw .badLane("") }
    var names: Set<String> = []
    for lane in lanes {
      let shares = [lane.maximumShare, lane.maximumWaitingShare]
      guard names.insert(lane.name).inserted, lane.weight >= 1, shares.allSatisfy({ $0 > 0 && $0 <= 1 }) else {
        throw .badLane(lane.name)
      }
    }
    guard retries.maximumAttempts >= 1, (0...1).contains(retries.budgetShare) else { throw .badRetries }
  }
}

extension EndpointConfiguration {
  fileprivate func validate() throws(UpstreamConfigurationError) {
    if let (_, url, key) = provider {
      let isHTTP = url.lowercased().hasPrefix("http://") || url.lowercased().hasPrefix("https://")
      guard isHTTP, url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { throw .badURL(endpoint: name, url) }
      // What is no visible character could end the header and begin another.
      for key in [key].compactMap({ $0 }) + otherKeys {
        guard key.value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .badKey(endpoint: name) }
      }
    }
    if let temperature, !temperature.isFinite || temperature < 0 {
      throw .badNumber(endpoint: name, "temperature", "0 or more")
    }
    if let maximumAnswerTokens, maximumAnswerTokens < 1 {
      throw .badNumber(endpoint: name, "maximumAnswerTokens", "1 or more")
    }
    if let reasoningTokens, reasoningTokens < 1024 {
      throw .badNumber(endpoint: name, "reasoningTokens", "1024 or more")
    }
    let counts = [
      ("maximumConcurrent", maximumConcurrent), ("initialConcurrent", initialConcurrent), ("weight", weight),
      ("requestsPerMinute", requestsPerMinute ?? 1), ("tokensPerMinute", tokensPerMinute ?? 1),
    ]
    for (setting, count) in counts where count < 1 { throw .badNumber(endpoint: name, setting, "1 or more") }
    guard priority >= 0 else { throw .badNumber(endpoint: name, "priority", "0 or more") }
    guard maximumAnswerBytes > 0 else { throw .badNumber(endpoint: name, "maximumAnswerBytes", "1 or more") }
    guard maximumEventBytes >= 1024 else { throw .badNumber(endpoint: name, "maximumEventBytes", "1024 or more") }
  }
}

/// What is wrong with the configuration, and what to do.
package enum UpstreamConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  case noEndpoints
  case noModels
  case badName(String)
  case badModel(String)
  case badPool(String)
  case badLane(String)
  case badRetries
  case badURL(endpoint: String, String)
  case badKey(endpoint: String)
  case badNumber(endpoint: String, String, String)

  package var description: String {
    switch self {
    case .noEndpoints:
      "No endpoint is configured. Name at least one, or leave the list out for the demo model."
    case .noModels:
      "No model is configured. Name at least one, with an endpoint that answers for it."
    case .badName(let name):
      "The endpoint name \"\(name)\" is empty or there twice. Give every endpoint a name of its own."
    case .badModel(let model):
      "The model name \"\(model)\" is empty or there twice. Give every model a name of its own."
    case .badPool(let model):
      "The model \"\(model)\" names no endpoint, one that is not configured, or hedges outside 0.5 to 1. Correct it."
    case .badLane(let lane):
      "The lane \"\(lane)\" is there twice, or its weight is below 1, or a share is outside 0 to 1. Correct it."
    case .badRetries:
      "Retries need at least 1 attempt and a budget of 0 to 1. Correct them."
    case .badURL(let endpoint, let url):
      "The URL \"\(url)\" of endpoint \"\(endpoint)\" is none. Write it like https://api.openai.com/v1, without spaces."
    case .badKey(let endpoint):
      "The key of endpoint \"\(endpoint)\" has spaces, line ends or other characters that keys have not. Set it again."
    case .badNumber(let endpoint, let setting, let range):
      "The \(setting) of endpoint \"\(endpoint)\" must be \(range). Correct it."
    }
  }
}
