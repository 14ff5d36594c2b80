import WeirCore
import WeirUpstream
import WeirWire

extension UpstreamConfiguration {
  /// The models that the server's configuration names, who answers for them, and how calls wait and are tried again.
  init(_ configuration: WeirConfiguration) {
    let models = configuration.effectiveModels
    self.init(
      endpoints: models.flatMap { model in
        model.endpoints.map { EndpointConfiguration($0, model: model, demo: configuration.demo) }
      },
      pools: models.map { model in
        var pool = PoolSettings(
          model: model.name, endpoints: model.endpoints.map { EndpointConfiguration.name(of: $0, in: model) })
        if configuration.hedge.isEnabled { pool.hedgeAfterShare = 0.95 }
        return pool
      })
    lanes = configuration.laneSettings
    queue = configuration.queueLimits
    retries = configuration.retrySettings
  }
}

extension WeirConfiguration {
  /// The most connections to providers that there can be, within reason.
  var mostCallsAtOnce: Int {
    let calls = effectiveModels.flatMap(\.endpoints).filter { $0.kind != .demo }.map(\.maximumConcurrent)
    return min(4096, calls.reduce(0, +))
  }
}

extension EndpointConfiguration {
  /// Names are unique within a model; here they must be so among all. One that is its model's only one goes by that
  /// model's name, which is what operators call it.
  fileprivate static func name(
    of endpoint: WeirConfiguration.Endpoint, in model: WeirConfiguration.Model
  ) -> String {
    model.endpoints.count == 1 ? model.name : "\(model.name)/\(endpoint.name)"
  }

  fileprivate init(
    _ endpoint: WeirConfiguration.Endpoint, model: WeirConfiguration.Model, demo: WeirConfiguration.Demo
  ) {
    let keys = endpoint.keys.map { UpstreamKey($0.value) }
    let url = endpoint.url ?? ""
    let kind: Kind =
      switch endpoint.kind {
      case .openAI: .openAI(baseURL: url, key: keys.first)
      case .anthropic: .anthropic(baseURL: url, key: keys.first)
      case .responses: .responses(baseURL: url, key: keys.first)
      case .demo: .demo(DemoConfiguration(demo))
      }
    self.init(name: Self.name(of: endpoint, in: model), kind: kind, upstreamModel: endpoint.model ?? model.name)
    otherKeys = Array(keys.dropFirst())
    weight = endpoint.weight
    priority = endpoint.priority
    maximumConcurrent = endpoint.maximumConcurrent
    requestsPerMinute = endpoint.requestsPerMinute
    tokensPerMinute = endpoint.tokensPerMinute
    timeouts.connect = endpoint.connectTimeout
    timeouts.firstToken = endpoint.firstTokenTimeout
    timeouts.stall = endpoint.stallTimeout
    timeouts.total = endpoint.totalTimeout
    maximumAnswerBytes = endpoint.maximumAnswerBytes
    continuation = endpoint.continuation == .prefill ? .prefill : .instruction
    tokenLimitField = endpoint.tokensField == .maxTokens ? .maxTokens : .maxCompletionTokens
  }
}

extension DemoConfiguration {
  fileprivate init(_ demo: WeirConfiguration.Demo) {
    self.init()
    firstTokenDelay = demo.firstTokenDelay
    tokensPerSecond = demo.tokensPerSecond
    answerTokens = demo.answerTokens == 0 ? nil : demo.answerTokens
    faultPercent = demo.faultPercent
    switch demo.fault {
    case .none: break
    case .refuse: refuseCode = .upstreamOverloaded
    case .silent: stallAfterTokens = 0
    case .stall: stallAfterTokens = demo.answerTokens == 0 ? 10 : max(1, demo.answerTokens / 2)
    case .cut: failAfterTokens = demo.answerTokens == 0 ? 10 : max(1, demo.answerTokens / 2)
    }
  }
}
