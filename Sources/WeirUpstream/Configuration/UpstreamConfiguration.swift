internal import WeirCore

/// The models that can be asked for, the first of them by default.
package struct UpstreamConfiguration: Sendable, Equatable {
  package var endpoints: [EndpointConfiguration]

  /// With no endpoint given, the built-in demo model answers.
  package init(endpoints: [EndpointConfiguration] = [.init(name: "demo", kind: .demo(DemoConfiguration()))]) {
    self.endpoints = endpoints
  }

  /// The names that users can ask for; the first is the default.
  package var models: [String] { endpoints.map(\.name) }

  /// Finds what cannot work, before the first call does.
  package func validate() throws(UpstreamConfigurationError) {
    guard !endpoints.isEmpty else { throw .noEndpoints }
    var names: Set<String> = []
    for endpoint in endpoints {
      guard !endpoint.name.isEmpty, names.insert(endpoint.name).inserted else { throw .badName(endpoint.name) }
      try endpoint.validate()
    }
  }
}

extension EndpointConfiguration {
  fileprivate func validate() throws(UpstreamConfigurationError) {
    if let (_, url, key) = provider {
      let isHTTP = url.lowercased().hasPrefix("http://") || url.lowercased().hasPrefix("https://")
      guard isHTTP, url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { throw .badURL(endpoint: name, url) }
      // What is no visible character could end the header and begin another.
      guard key?.value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) ?? true else { throw .badKey(endpoint: name) }
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
    guard queue.maximumRunning > 0 else { throw .badNumber(endpoint: name, "maximumRunning", "1 or more") }
    guard maximumAnswerBytes > 0 else { throw .badNumber(endpoint: name, "maximumAnswerBytes", "1 or more") }
    guard maximumEventBytes >= 1024 else { throw .badNumber(endpoint: name, "maximumEventBytes", "1024 or more") }
  }
}

/// What is wrong with the configuration, and what to do.
package enum UpstreamConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  case noEndpoints
  case badName(String)
  case badURL(endpoint: String, String)
  case badKey(endpoint: String)
  case badNumber(endpoint: String, String, String)

  package var description: String {
    switch self {
    case .noEndpoints:
      "No model is configured. Name at least one endpoint, or leave the list out for the demo model."
    case .badName(let name):
      "The model name \"\(name)\" is empty or there twice. Give every endpoint a name of its own."
    case .badURL(let endpoint, let url):
      "The URL \"\(url)\" of model \"\(endpoint)\" is none. Write it like https://api.openai.com/v1, without spaces."
    case .badKey(let endpoint):
      "The key of model \"\(endpoint)\" has spaces, line ends or other characters that keys have not. Set it again."
    case .badNumber(let endpoint, let setting, let range):
      "The \(setting) of model \"\(endpoint)\" must be \(range). Correct it."
    }
  }
}
